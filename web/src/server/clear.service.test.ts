import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import { type Answer, type ApiUnderTest, createApiUnderTest } from '../../test/api-under-test.ts';
import { chainOf, FAILURE, WorkedRuns } from '../../test/worked-runs.ts';

const CLEAR = '/api/v2/dags/chain/clearTaskInstances';
const RUNS = '/api/v2/dags/chain/dagRuns';

describeWith(['postgres'], 'clear and mark over the API', () => {
  let api: ApiUnderTest;
  let worked: WorkedRuns;
  beforeAll(async () => {
    api = await createApiUnderTest();
    worked = await WorkedRuns.start(api);
    await worked.register('chain', chainOf('a', 'b', 'c'));
    for (const day of [1, 2, 3]) {
      const run = { dag_run_id: `day-${day}`, logical_date: `2026-11-0${day}T00:00:00Z` };
      await worked.run('chain', run, day === 2 ? { b: FAILURE } : {});
    }
  });
  afterAll(async () => {
    await worked[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  const clear = (payload: Record<string, unknown>): Promise<Answer> =>
    api.call({ method: 'POST', url: CLEAR, payload });
  const listed = ({ body }: Answer): string[] =>
    (body['task_instances'] as { dag_run_id: string; task_id: string }[]).map(
      (task) => `${task.dag_run_id}/${task.task_id}`,
    );
  const stateOf = async (run: string): Promise<unknown> =>
    (await api.call({ url: `${RUNS}/${run}` })).body['state'];

  it('by default shows what failed and changes nothing', async () => {
    const answer = await clear({ dag_run_id: 'day-2' });
    expect(listed(answer)).toEqual(['day-2/b', 'day-2/c']);
    expect(await stateOf('day-2')).toBe('failed');
    const { body } = await api.call({ url: '/api/v2/eventLogs?event=post_clear_task_instances' });
    expect(body['total_entries']).toBe(0);
  });

  it.each([
    { dag_run_id: 'day-2' },
    { dag_run_id: 'day-2', only_failed: false, task_ids: ['b'], include_downstream: true },
    { dag_run_id: 'day-3', only_failed: false, task_ids: ['b'], include_upstream: true },
    { dag_run_id: 'day-2', only_failed: false, task_ids: ['a'], include_past: true },
    { dag_run_id: 'day-2', only_failed: false, task_ids: ['c'], include_future: true },
    { start_date: '2026-11-02T00:00:00Z', end_date: '2026-11-03T00:00:00Z', only_failed: false },
  ])('clears what the dry run of %j showed, and the runs go on', async (selection) => {
    const shown = listed(await clear({ ...selection, dry_run: true }));
    expect(shown.length).toBeGreaterThan(0);
    const cleared = await clear({ ...selection, dry_run: false });
    expect(cleared.status).toBe(200);
    expect(listed(cleared)).toEqual(shown);
    for (const run of new Set(shown.map((one) => one.split('/')[0] ?? ''))) {
      await worked.workOut('chain', run);
      expect(await stateOf(run)).toBe('success');
    }
  });

  it.each([
    [{ dag_run_id: 'none' }, 404],
    [{ dag_run_id: 'day-1', start_date: '2026-11-01T00:00:00Z' }, 422],
    [{ only_failed: true, only_running: true }, 422],
    [{ task_ids: [] }, 422],
    [{ reset_dag_runs: false }, 422],
    [{ run_on_latest_version: true }, 422],
  ])('refuses %j with %i', async (payload, status) => {
    expect((await clear(payload)).status).toBe(status);
  });

  it('of a whole run starts it again', async () => {
    const url = `${RUNS}/day-1/clear`;
    const dry = await api.call({ method: 'POST', url, payload: {} });
    expect(listed(dry)).toEqual(['day-1/a', 'day-1/b', 'day-1/c']);
    const done = await api.call({ method: 'POST', url, payload: { dry_run: false } });
    expect(done.body).toMatchObject({
      dag_run_id: 'day-1',
      tidegate_clear_number: expect.any(Number) as number,
    });
    await worked.workOut('chain', 'day-1');
    const tries = await api.call({ url: `${RUNS}/day-1/taskInstances/a/tries` });
    expect(Number(tries.body['total_entries'])).toBeGreaterThan(1);
  });

  it('marks as the dry run says, and what failed because of it goes on', async () => {
    await worked.run('chain', { dag_run_id: 'broken' }, { b: FAILURE });
    const url = `${RUNS}/broken/taskInstances/b`;
    const payload = { new_state: 'success' };
    const dry = await api.call({ method: 'PATCH', url: `${url}/dry_run`, payload });
    expect(listed(dry)).toEqual(['broken/b']);
    expect(await stateOf('broken')).toBe('failed');
    const marked = await api.call({ method: 'PATCH', url, payload });
    expect(marked.body).toMatchObject({ task_instances: [{ task_id: 'b', state: 'success' }] });
    await worked.workOut('chain', 'broken');
    expect(await stateOf('broken')).toBe('success');
    const again = await api.call({ method: 'PATCH', url: `${url}/dry_run`, payload });
    expect(listed(again)).toEqual([]);
  });

  it.each([{ new_state: 'running' }, { new_state: null }, {}])(
    'refuses to mark with %j',
    async (payload) => {
      const url = `${RUNS}/day-1/taskInstances/a`;
      expect((await api.call({ method: 'PATCH', url, payload })).status).toBe(422);
    },
  );

  it('leaves a running task alone when asked to', async () => {
    await api.call({ method: 'POST', url: RUNS, payload: { dag_run_id: 'busy' } });
    const grant = await worked.claimOne();
    const selection = { dag_run_id: 'busy', only_failed: false, dry_run: false };
    const refused = await clear({ ...selection, prevent_running_task: true });
    expect([refused.status, refused.body['detail']]).toMatchObject([409, /task a is running/]);
    const pool = await api.call({ url: '/api/v2/pools/default_pool' });
    expect(pool.body).toMatchObject({ running_slots: 1, occupied_slots: 1 });
    await worked.finish(grant);
    await worked.workOut('chain', 'busy');
  });
});
