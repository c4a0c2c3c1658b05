import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ApiUnderTest, createApiUnderTest } from '../../test/api-under-test.ts';
import { describeWith } from '../../../test/services/services.ts';

describeWith(['postgres'], 'the API', () => {
  let api: ApiUnderTest;
  beforeAll(async () => (api = await createApiUnderTest()));
  afterAll(() => api[Symbol.asyncDispose]());

  it('lists DAGs in the shape of Airflow, with the total', async () => {
    const { status, body } = await api.call({ url: '/api/v2/dags' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      total_entries: 1,
      dags: [
        {
          dag_id: 'ticker',
          timetable_summary: 'every 300 s',
          owners: ['data'],
          tags: [{ name: 'clock', dag_id: 'ticker' }],
          is_paused: false,
        },
      ],
    });
  });

  it('answers the runs a timetable asks for after an instant', async () => {
    const url = '/api/v2/dags/ticker/nextExecutions?count=2&after=2026-11-21T10:02:00Z';
    const { body } = await api.call({ url });
    expect(body['executions']).toEqual([
      {
        run_id: 'scheduled__2026-11-21T10:05:00+00:00',
        logical_date: '2026-11-21T10:00:00.000Z',
        data_interval_start: '2026-11-21T10:00:00.000Z',
        data_interval_end: '2026-11-21T10:05:00.000Z',
        run_after: '2026-11-21T10:05:00.000Z',
      },
      expect.objectContaining({ run_after: '2026-11-21T10:10:00.000Z' }),
    ]);
  });

  it('triggers a run once, however often the same request comes', async () => {
    const request = {
      method: 'POST',
      url: '/api/v2/dags/ticker/dagRuns',
      payload: { dag_run_id: 'by-hand', logical_date: null, conf: { day: 'today' } },
    } as const;
    const [first, second] = await Promise.all([api.call(request), api.call(request)]);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(first.body).toMatchObject({
      dag_run_id: 'by-hand',
      state: 'queued',
      run_type: 'manual',
    });
    const { body } = await api.call({ url: '/api/v2/dags/ticker/dagRuns' });
    expect(body['total_entries']).toBe(1);
    const tasks = await api.call({ url: '/api/v2/dags/ticker/dagRuns/by-hand/taskInstances' });
    expect(tasks.body).toMatchObject({ task_instances: [{ task_id: 'tick', state: null }] });
  });

  it('names what is wrong with params, and makes no run of them', async () => {
    const answer = await api.call({
      method: 'POST',
      url: '/api/v2/dags/ticker/dagRuns',
      payload: { dag_run_id: 'wrong', conf: { dya: 'today' } },
    });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).toContain('dya');
    const missing = await api.call({ url: '/api/v2/dags/ticker/dagRuns/wrong' });
    expect(missing.status).toBe(404);
  });

  it.each([
    ['/api/v2/dags/nobody', 'The DAG with dag_id: `nobody` was not found'],
    ['/api/v2/dags/ticker/dagRuns/none', 'run_id: `none` was not found'],
  ])('answers 404 for %s in words that name it', async (url, words) => {
    const { status, body } = await api.call({ url });
    expect(status).toBe(404);
    expect(body['detail']).toContain(words);
  });

  it.each(['limit=-1', 'limit=1e9', 'offset=x'])('refuses the page %s', async (query) => {
    const { status } = await api.call({ url: `/api/v2/dags?${query}` });
    expect(status).toBe(422);
  });

  it('pauses a DAG', async () => {
    const paused = await api.call({
      method: 'PATCH',
      url: '/api/v2/dags/ticker',
      payload: { is_paused: true },
    });
    expect(paused.body['is_paused']).toBe(true);
  });

  it('tells health: database there, no scheduler yet', async () => {
    const { body } = await api.call({ url: '/api/v2/monitor/health' });
    expect(body).toMatchObject({
      metadatabase: { status: 'healthy' },
      scheduler: { status: 'unhealthy', latest_scheduler_heartbeat: null },
    });
  });
});
