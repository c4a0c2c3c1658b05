import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import { type Answer, type ApiUnderTest, createApiUnderTest } from '../../test/api-under-test.ts';
import { chainOf, WorkedRuns } from '../../test/worked-runs.ts';
import type { UiRun } from '../contract/index.ts';

const RUNS = '/api/v2/dags/chain/dagRuns';

describeWith(['postgres'], 'marking a run', () => {
  let api: ApiUnderTest;
  let worked: WorkedRuns;
  beforeAll(async () => {
    api = await createApiUnderTest();
    worked = await WorkedRuns.start(api);
    await worked.register('chain', chainOf('a', 'b', 'c'));
  });
  afterAll(async () => {
    await worked[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  const preview = (run: string, state: string): Promise<Answer> =>
    api.call({ url: `/ui/runs/chain/${run}/mark?state=${state}` });
  const mark = (run: string, payload: Record<string, unknown>): Promise<Answer> =>
    api.call({ method: 'PATCH', url: `${RUNS}/${run}`, payload });
  const pageOf = async (run: string): Promise<UiRun> => {
    const { body } = await api.call({ url: `/ui/runs/chain/${run}` });
    return body as unknown as UiRun;
  };
  const statesOf = ({ tasks }: UiRun): string[] => tasks.map(({ state }) => state);

  it('failed stops what runs and skips the rest, exactly as its preview says', async () => {
    await api.call({ method: 'POST', url: RUNS, payload: { dag_run_id: 'busy' } });
    const grant = await worked.claimOne();
    const running = await pageOf('busy');
    expect(running.tasks[0]?.tries).toMatchObject([{ state: 'running', end: null }]);
    const shown = await preview('busy', 'failed');
    expect(shown.body).toEqual({
      state: 'running',
      tasks: [
        { task_id: 'a', try_number: 1, state: 'running', next: 'failed' },
        { task_id: 'b', try_number: 0, state: 'none', next: 'skipped' },
        { task_id: 'c', try_number: 0, state: 'none', next: 'skipped' },
      ],
    });
    const only = { state: 'failed', tidegate_if_state: ['queued', 'running'] };
    expect((await mark('busy', only)).body).toMatchObject({ state: 'failed' });
    const page = await pageOf('busy');
    expect(statesOf(page)).toEqual(['failed', 'skipped', 'skipped']);
    expect(page.tasks[0]?.tries).toMatchObject([{ state: 'failed', error: { name: 'Stopped' } }]);
    expect(page.failure?.sentence).toBe('The run was marked failed by hand while a was running.');
    // The late report of the stopped try changes nothing.
    await worked.finish(grant);
    expect(statesOf(await pageOf('busy'))).toEqual(['failed', 'skipped', 'skipped']);
  });

  it('is refused, and changes nothing, once the run has ended meanwhile', async () => {
    await worked.run('chain', { dag_run_id: 'done' });
    const late = { state: 'failed', note: 'too late', tidegate_if_state: ['queued', 'running'] };
    const refused = await mark('done', late);
    expect([refused.status, refused.body['detail']]).toMatchObject([409, /success by now/]);
    const { run } = await pageOf('done');
    expect(run).toMatchObject({ state: 'success', note: null });
    expect((await mark('done', { ...late, tidegate_if_state: [] })).status).toBe(422);
  });

  it('success leaves what succeeded as it was, with its times', async () => {
    await api.call({ method: 'POST', url: RUNS, payload: { dag_run_id: 'half' } });
    await worked.finish(await worked.claimOne());
    const before = await pageOf('half');
    const next = (await preview('half', 'success')).body['tasks'];
    expect(next).toMatchObject([
      { task_id: 'b', next: 'success' },
      { task_id: 'c', next: 'success' },
    ]);
    await mark('half', { state: 'success' });
    const after = await pageOf('half');
    expect(statesOf(after)).toEqual(['success', 'success', 'success']);
    expect(after.tasks[0]?.end).toBe(before.tasks[0]?.end);
    expect((await preview('half', 'failed')).body).toEqual({ state: 'success', tasks: [] });
  });
});
