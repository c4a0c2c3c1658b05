import type { Grant, LogLine } from '@tidegate/engine/execution-contract';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import { type ApiUnderTest, createApiUnderTest } from '../../test/api-under-test.ts';
import { chainOf, FAILURE, WorkedRuns } from '../../test/worked-runs.ts';

const LOGS = '/api/v2/dags/chain/dagRuns/one/taskInstances/a/logs';

const line = (message: string, level: LogLine['level'] = 'info'): LogLine => ({
  at: '2026-11-21T10:00:00.000Z',
  level,
  source: 'log',
  message,
});

describeWith(['postgres'], 'the log of a try', () => {
  let api: ApiUnderTest;
  let worked: WorkedRuns;
  let grant: Grant;
  beforeAll(async () => {
    api = await createApiUnderTest();
    worked = await WorkedRuns.start(api);
    await worked.register('chain', chainOf('a', 'b'));
    const payload = { dag_run_id: 'one' };
    await api.call({ method: 'POST', url: '/api/v2/dags/chain/dagRuns', payload });
    grant = await worked.claimOne();
    await worked.log(grant, { sequence: 0, firstLine: 0 }, [line('first'), line('second')]);
  });
  afterAll(async () => {
    await worked[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  const eventsOf = (body: Record<string, unknown>): string[] =>
    (body['content'] as { event: string }[]).map(({ event }) => event);

  it('comes by page, and goes on from the token while the try runs', async () => {
    const first = await api.call({ url: `${LOGS}/1` });
    expect(eventsOf(first.body)).toEqual(['first', 'second']);
    const token = first.body['continuation_token'] as string;
    const nothing = await api.call({ url: `${LOGS}/1?token=${token}` });
    expect(nothing.body).toEqual({ content: [], continuation_token: token });
    const failed = [line('third'), line('it broke', 'error')];
    await worked.log(grant, { sequence: 1, firstLine: 2 }, failed);
    await worked.finish(grant, FAILURE);
    const more = await api.call({ url: `${LOGS}/1?token=${token}` });
    expect(eventsOf(more.body)).toEqual(['third', 'it broke']);
    const end = await api.call({
      url: `${LOGS}/1?token=${more.body['continuation_token'] as string}`,
    });
    expect(end.body).toEqual({ content: [], continuation_token: null });
  });

  it('comes whole when asked for, and as lines', async () => {
    const whole = await api.call({ url: `${LOGS}/1?full_content=true` });
    expect(eventsOf(whole.body)).toEqual(['first', 'second', 'third', 'it broke']);
    expect(whole.body['continuation_token']).toBeNull();
    const lines = await api.app.inject({
      url: `${LOGS}/1`,
      headers: {
        accept: 'application/x-ndjson',
        authorization: `Bearer ${await api.tokenOf('viewer')}`,
      },
    });
    expect(lines.headers['content-type']).toContain('application/x-ndjson');
    const events = lines.body
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { event: string }).event);
    expect(events).toEqual(['first', 'second', 'third', 'it broke']);
  });

  it('has its first bad line on the run page', async () => {
    const { body } = await api.call({ url: '/ui/runs/chain/one' });
    expect(body['failure']).toMatchObject({
      task_id: 'a',
      log_line: { line: 4, message: { event: 'it broke', level: 'error' } },
    });
  });

  it.each([
    [`${LOGS}/2`, 404],
    [`${LOGS}/0`, 404],
    [`${LOGS}/x`, 422],
    [`${LOGS}/1?token=x`, 422],
    [LOGS.replace('/a/', '/z/') + '/1', 404],
  ])('%s is answered with %i', async (url, status) => {
    expect((await api.call({ url })).status).toBe(status);
  });
});
