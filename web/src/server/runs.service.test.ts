import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import { type Answer, type ApiUnderTest, createApiUnderTest } from '../../test/api-under-test.ts';
import { chainOf, FAILURE, WorkedRuns } from '../../test/worked-runs.ts';

const RUNS = '/api/v2/dags/chain/dagRuns';

describeWith(['postgres'], 'runs over the API', () => {
  let api: ApiUnderTest;
  let worked: WorkedRuns;
  beforeAll(async () => {
    api = await createApiUnderTest();
    worked = await WorkedRuns.start(api);
    await worked.register('chain', chainOf('a', 'b', 'c'));
    await worked.register('idle', chainOf('only'));
    await worked.run('chain', { dag_run_id: 'first', logical_date: '2026-11-01T00:00:00Z' });
    await worked.run(
      'chain',
      { dag_run_id: 'second', logical_date: '2026-11-02T00:00:00Z', note: 'by hand' },
      { b: FAILURE },
    );
  });
  afterAll(async () => {
    await worked[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  const trigger = (payload: Record<string, unknown>): Promise<Answer> =>
    api.call({ method: 'POST', url: RUNS, payload });
  const idsOf = (answer: Answer): string[] =>
    (answer.body['dag_runs'] as { dag_run_id: string }[]).map((run) => run.dag_run_id);

  it.each([
    ['', ['second', 'first']],
    ['state=failed', ['second']],
    ['state=failed&state=success', ['second', 'first']],
    ['state=running', []],
    ['order_by=logical_date', ['first', 'second']],
    ['order_by=-end_date', ['second', 'first']],
    ['logical_date_lte=2026-11-01T00:00:00Z', ['first']],
    ['logical_date_gt=2026-11-01T00:00:00Z', ['second']],
    ['run_id_pattern=FIR', ['first']],
    ['run_type=scheduled', []],
    ['limit=1&offset=1', ['first']],
  ])('are listed by %s', async (query, ids) => {
    const answer = await api.call({ url: `${RUNS}?${query}` });
    expect([answer.status, idsOf(answer)]).toEqual([200, ids]);
  });

  it('are counted in all, whatever the page', async () => {
    const { body } = await api.call({ url: `${RUNS}?limit=1` });
    expect(body).toMatchObject({ total_entries: 2, total_entries_limit: 10_000 });
  });

  it('of many DAGs come in one list, by body and by wildcard', async () => {
    const url = '/api/v2/dags/~/dagRuns/list';
    const payload = { dag_ids: ['chain', 'idle'], states: ['success'], order_by: '-id' };
    expect(idsOf(await api.call({ method: 'POST', url, payload }))).toEqual(['first']);
    expect(idsOf(await api.call({ url: '/api/v2/dags/~/dagRuns?state=failed' }))).toEqual([
      'second',
    ]);
    const wrong = await api.call({ method: 'POST', url, payload: { dag_id: 'chain' } });
    expect(wrong.status).toBe(422);
  });

  it('of a DAG that does not exist are not found, of one without runs are none', async () => {
    expect((await api.call({ url: '/api/v2/dags/nobody/dagRuns' })).status).toBe(404);
    expect((await api.call({ url: '/api/v2/dags/idle/dagRuns' })).body['total_entries']).toBe(0);
  });

  it('with a name or logical date already taken are refused with 409', async () => {
    const sameName = await trigger({ dag_run_id: 'first', conf: { other: true } });
    expect(sameName.status).toBe(409);
    const sameDate = await trigger({ logical_date: '2026-11-01T00:00:00Z' });
    expect(sameDate.status).toBe(409);
    expect(sameDate.body['detail']).toContain('first');
  });

  it.each([
    [{ dag_run_id: 'a b' }, ['body', 'dag_run_id']],
    [{ logical_date: 'yesterday' }, ['body', 'logical_date']],
    [{ conf: [] }, ['body', 'conf']],
    [{ unknown: 1 }, ['body']],
    [{ data_interval_start: '2026-11-05T00:00:00Z' }, ['body', 'data_interval_end']],
    [
      { data_interval_start: '2026-11-05T00:00:00Z', data_interval_end: '2026-11-04T00:00:00Z' },
      ['body', 'data_interval_end'],
    ],
  ])('asked for by %j are refused where they are wrong', async (payload, loc) => {
    const { status, body } = await trigger(payload);
    expect([status, body['detail']]).toMatchObject([422, [{ loc }]]);
  });

  it('have the data interval they were asked for with', async () => {
    const interval = {
      data_interval_start: '2026-11-04T12:00:00Z',
      data_interval_end: '2026-11-05T06:00:00Z',
    };
    const asked = { dag_run_id: 'dated', logical_date: '2026-11-05T00:00:00Z', ...interval };
    const { status, body } = await trigger(asked);
    expect(status).toBe(200);
    await api.call({ method: 'PATCH', url: `${RUNS}/dated`, payload: { state: 'success' } });
    for (const [name, instant] of Object.entries(interval)) {
      expect(Date.parse(String(body[name]))).toBe(Date.parse(instant));
    }
  });

  it('are marked, and what is left of them ends with that', async () => {
    await trigger({ dag_run_id: 'marked' });
    const url = `${RUNS}/marked`;
    const patched = await api.call({
      method: 'PATCH',
      url,
      payload: { state: 'failed', note: 'no' },
    });
    expect(patched.body).toMatchObject({ state: 'failed', note: 'no' });
    const masked = await api.call({
      method: 'PATCH',
      url: `${url}?update_mask=note`,
      payload: { state: 'success', note: null },
    });
    expect(masked.body).toMatchObject({ state: 'failed', note: null });
    const wrong = await api.call({ method: 'PATCH', url, payload: { state: 'running' } });
    expect(wrong.status).toBe(422);
    const tasks = await api.call({ url: `${url}/taskInstances` });
    const states = (tasks.body['task_instances'] as { state: string }[]).map(({ state }) => state);
    expect(states.every((state) => state === 'skipped' || state === 'failed')).toBe(true);
  });

  it('are deleted once they are over, not before', async () => {
    await api.call({ method: 'PATCH', url: '/api/v2/dags/idle', payload: { is_paused: true } });
    const url = '/api/v2/dags/idle/dagRuns/gone';
    await api.call({
      method: 'POST',
      url: '/api/v2/dags/idle/dagRuns',
      payload: { dag_run_id: 'gone' },
    });
    const early = await api.call({ method: 'DELETE', url });
    expect([early.status, early.body['detail']]).toMatchObject([409, /queued/]);
    await api.call({ method: 'PATCH', url, payload: { state: 'success' } });
    expect((await api.call({ method: 'DELETE', url })).status).toBe(204);
    expect((await api.call({ method: 'DELETE', url })).status).toBe(404);
    expect((await api.call({ url: `${url}/taskInstances` })).status).toBe(404);
  });

  it('show their task instances, across runs too', async () => {
    const one = await api.call({ url: `${RUNS}/second/taskInstances` });
    expect(one.body).toMatchObject({
      total_entries: 3,
      task_instances: [
        { task_id: 'a', state: 'success' },
        { task_id: 'b', state: 'failed' },
        { task_id: 'c', state: 'upstream_failed' },
      ],
    });
    const across = '/api/v2/dags/~/dagRuns/~/taskInstances';
    const failed = await api.call({ url: `${across}?state=failed&task_id=b` });
    expect(failed.body).toMatchObject({
      total_entries: 1,
      task_instances: [{ dag_id: 'chain', dag_run_id: 'second', task_id: 'b' }],
    });
    const byPool = await api.call({ url: `${across}?pool=nothing` });
    expect(byPool.body['total_entries']).toBe(0);
    const page = await api.call({
      url: `${across}?dag_id_pattern=chain&run_id_pattern=fir&limit=2`,
    });
    expect(page.body).toMatchObject({
      total_entries: 3,
      task_instances: [{ task_id: 'a' }, { task_id: 'b' }],
    });
  });

  it('show a task instance with its tries and what they left behind', async () => {
    const url = `${RUNS}/second/taskInstances/b`;
    expect((await api.call({ url })).body).toMatchObject({ try_number: 1, state: 'failed' });
    expect((await api.call({ url: `${url}/tries` })).body).toMatchObject({
      total_entries: 1,
      task_instances: [{ try_number: 1, state: 'failed', tidegate_error: { message: 'no' } }],
    });
    expect((await api.call({ url: `${url}/tries/2` })).status).toBe(404);
    expect((await api.call({ url: `${RUNS}/second/taskInstances/z` })).status).toBe(404);
  });

  it('show tasks, versions and source of their DAG', async () => {
    const dag = '/api/v2/dags/chain';
    expect((await api.call({ url: `${dag}/tasks` })).body).toMatchObject({
      total_entries: 3,
      tasks: [{ task_id: 'a', downstream_task_ids: ['b'] }, { task_id: 'b' }, { task_id: 'c' }],
    });
    expect((await api.call({ url: `${dag}/tasks/z` })).status).toBe(404);
    expect((await api.call({ url: `${dag}/details` })).body).toMatchObject({
      latest_dag_version: { version_number: 1 },
      active_runs_count: 0,
    });
    expect((await api.call({ url: `${dag}/dagVersions` })).body['total_entries']).toBe(1);
    expect((await api.call({ url: '/api/v2/dagSources/chain' })).body['content']).toBe('// chain');
    expect((await api.call({ url: '/api/v2/dagSources/chain?version_number=9' })).status).toBe(404);
  });
});
