import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import { type ApiUnderTest, createApiUnderTest } from '../../test/api-under-test.ts';
import { chainOf, FAILURE, WorkedRuns } from '../../test/worked-runs.ts';

describeWith(['postgres'], "the console's read models", () => {
  let api: ApiUnderTest;
  let worked: WorkedRuns;
  beforeAll(async () => {
    api = await createApiUnderTest();
    worked = await WorkedRuns.start(api);
    await worked.register('chain', chainOf('a', 'b', 'c'));
    await worked.run('chain', { dag_run_id: 'one', conf: { day: 1 } });
    await worked.run('chain', { dag_run_id: 'two', conf: { day: 1 } }, { b: FAILURE });
    // A new version without `b` and with `d`; the runs before keep theirs.
    await worked.register('chain', chainOf('a', 'c', 'd'));
    await worked.run('chain', { dag_run_id: 'three', conf: { day: 2 } });
  });
  afterAll(async () => {
    await worked[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  it('list DAGs with their newest runs as columns', async () => {
    const { body } = await api.call({ url: '/ui/dags?runs=2&q=CHA' });
    expect(body).toMatchObject({
      total_entries: 1,
      dags: [
        {
          dag_id: 'chain',
          version: 2,
          tasks: 3,
          active_runs: 0,
          runs: { id: ['three', 'two'], state: 'sf', run_type: 'mm', failed_tasks: [0, 1] },
        },
      ],
    });
    const failing = await api.call({ url: '/ui/dags?last_run_state=failed' });
    expect(failing.body['total_entries']).toBe(0);
    const tagged = await api.call({ url: '/ui/dags?tags=clock&runs=0' });
    expect(tagged.body).toMatchObject({
      dags: [{ dag_id: 'ticker', runs: { id: [], state: '' } }],
    });
    const sorted = await api.call({ url: '/ui/dags?order_by=-dag_id' });
    expect(sorted.body).toMatchObject({ dags: [{ dag_id: 'ticker' }, { dag_id: 'chain' }] });
  });

  it('show the head of a DAG, with inputs used before', async () => {
    const { body } = await api.call({ url: '/ui/dags/chain' });
    expect(body).toMatchObject({
      version: 2,
      tasks: [{ task_id: 'a' }, { task_id: 'c', upstream: ['a'] }, { task_id: 'd' }],
      recent_inputs: [
        { dag_run_id: 'three', conf: { day: 2 } },
        { dag_run_id: 'two', conf: { day: 1 } },
      ],
    });
    expect((await api.call({ url: '/ui/dags/nobody' })).status).toBe(404);
    const ticker = await api.call({ url: '/ui/dags/ticker' });
    expect(ticker.body).toMatchObject({ params_schema: { properties: { day: {} } } });
  });

  it('show a grid whose rows hold across versions', async () => {
    const { body } = await api.call({ url: '/ui/grid/chain' });
    expect(body).toMatchObject({
      dag_id: 'chain',
      runs: { id: ['three', 'two', 'one'], state: 'sfs', version: [2, 1, 1] },
      // a c d of the newest version, then b, which only the older one has.
      tasks: [{ task_id: 'a' }, { task_id: 'c' }, { task_id: 'd' }, { task_id: 'b' }],
      states: ['sss ', 'su f', 'ss s'],
      tries: ['111 ', '10 1', '11 1'],
      next_cursor: null,
    });
  });

  it('page and filter a grid', async () => {
    const first = await api.call({ url: '/ui/grid/chain?limit=2' });
    expect(first.body).toMatchObject({ runs: { id: ['three', 'two'] } });
    const cursor = first.body['next_cursor'] as string;
    const second = await api.call({ url: `/ui/grid/chain?limit=2&before=${cursor}` });
    expect(second.body).toMatchObject({ runs: { id: ['one'] }, next_cursor: null });
    const failed = await api.call({ url: '/ui/grid/chain?state=failed' });
    expect(failed.body).toMatchObject({ runs: { id: ['two'] } });
    expect((await api.call({ url: '/ui/grid/nobody' })).status).toBe(404);
    expect((await api.call({ url: '/ui/grid/chain?before=x' })).status).toBe(422);
    const none = await api.call({ url: '/ui/grid/ticker' });
    expect(none.body).toMatchObject({ runs: { id: [] }, tasks: [], states: [] });
  });

  it('show a run with tries, neighbours and what failed first', async () => {
    const { body } = await api.call({ url: '/ui/runs/chain/two' });
    expect(body).toMatchObject({
      run: { dag_run_id: 'two', state: 'failed' },
      version: 1,
      previous_run_id: 'one',
      next_run_id: 'three',
      tasks: [
        { task_id: 'a', state: 'success', tries: [{ try_number: 1, state: 'success' }] },
        { task_id: 'b', state: 'failed', tries: [{ state: 'failed', error: { message: 'no' } }] },
        { task_id: 'c', state: 'upstream_failed', tries: [] },
      ],
      failure: {
        sentence: 'b failed: no; 1 other task did not run because of it.',
        task_id: 'b',
        try_number: 1,
        also_failed: [],
        not_run: ['c'],
      },
    });
    const well = await api.call({ url: '/ui/runs/chain/one' });
    expect(well.body['failure']).toBeNull();
    expect((await api.call({ url: '/ui/runs/chain/none' })).status).toBe(404);
  });

  it('count for the first page', async () => {
    const { body } = await api.call({ url: '/ui/home' });
    expect(body).toMatchObject({
      dags: { total: 2, paused: 0, failing: 0 },
      runs: { queued: 0, running: 0 },
      last_day: { success: 2, failed: 1 },
      tasks: { running: 0, waiting: 0, up_for_retry: 0 },
      pools: [{ name: 'default_pool', used: 0 }],
      failures: [],
    });
  });
});
