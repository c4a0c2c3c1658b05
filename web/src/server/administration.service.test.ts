import { afterAll, beforeAll, expect, it } from 'vitest';

import { sampleDag } from '../../../engine/test/engine/sample-dags.ts';
import { registerDags } from '../../../engine/src/store/register-dags.ts';
import { describeWith } from '../../../test/services/services.ts';
import { type ApiUnderTest, createApiUnderTest } from '../../test/api-under-test.ts';

describeWith(['postgres'], 'administration over the API', () => {
  let api: ApiUnderTest;
  beforeAll(async () => (api = await createApiUnderTest()));
  afterAll(() => api[Symbol.asyncDispose]());

  it('creates, changes and deletes a pool', async () => {
    const pool = { name: 'dw', slots: 3, description: 'warehouse' };
    const made = await api.call({ method: 'POST', url: '/api/v2/pools', payload: pool });
    expect([made.status, made.body]).toMatchObject([201, { ...pool, open_slots: 3 }]);
    const again = await api.call({ method: 'POST', url: '/api/v2/pools', payload: pool });
    expect(again.status).toBe(409);
    const url = '/api/v2/pools/dw';
    const changed = await api.call({ method: 'PATCH', url, payload: { slots: 5 } });
    expect(changed.body).toMatchObject({ slots: 5, description: 'warehouse' });
    const list = await api.call({ url: '/api/v2/pools?order_by=-slots' });
    expect(list.body).toMatchObject({
      total_entries: 2,
      pools: [{ name: 'default_pool' }, { name: 'dw' }],
    });
    expect((await api.call({ method: 'DELETE', url })).status).toBe(204);
    expect((await api.call({ url })).status).toBe(404);
    expect((await api.call({ method: 'DELETE', url })).status).toBe(404);
  });

  it('refuses a pool with fewer slots than one of its tasks takes, by name and with the remedy', async () => {
    const pool = { name: 'crowded', slots: 3 };
    await api.call({ method: 'POST', url: '/api/v2/pools', payload: pool });
    await api.register(sampleDag('crowd', { big: { pool: 'crowded', poolSlots: 3 } }));
    const url = '/api/v2/pools/crowded';
    const shrunk = await api.call({ method: 'PATCH', url, payload: { slots: 2 } });
    expect(shrunk.status).toBe(409);
    expect(shrunk.body['detail']).toMatch(/task big of DAG crowd takes 3 .* at least 3/);
    expect((await api.call({ url })).body).toMatchObject({ slots: 3 });
    const closed = await api.call({ method: 'PATCH', url, payload: { slots: 0 } });
    expect(closed.body).toMatchObject({ slots: 0 });
    const raised = await api.call({ method: 'PATCH', url, payload: { slots: 3 } });
    expect(raised.status).toBe(200);
  });

  it.each([
    [{ name: 'a b', slots: 1 }, ['body', 'name']],
    [{ name: 'x', slots: -1 }, ['body', 'slots']],
    [{ name: 'x' }, ['body', 'slots']],
  ])('refuses the pool %j and says where it is wrong, as Airflow does', async (payload, loc) => {
    const { status, body } = await api.call({ method: 'POST', url: '/api/v2/pools', payload });
    expect(status).toBe(422);
    expect(body['detail']).toMatchObject([{ loc }]);
  });

  it('keeps the default pool', async () => {
    const url = '/api/v2/pools/default_pool';
    expect((await api.call({ method: 'DELETE', url })).status).toBe(409);
  });

  it('creates, promotes and removes a user, never the last administrator', async () => {
    const ana = { username: 'ana', password: 'long enough', role: 'viewer' };
    const made = await api.call({ method: 'POST', url: '/auth/users', payload: ana });
    expect([made.status, made.body]).toMatchObject([201, { username: 'ana', is_active: true }]);
    expect(made.body).not.toHaveProperty('password');
    const again = await api.call({ method: 'POST', url: '/auth/users', payload: ana });
    expect(again.status).toBe(409);
    const patch = { method: 'PATCH', url: '/auth/users/ana', payload: { role: 'op' } } as const;
    expect((await api.call(patch)).body['role']).toBe('op');
    expect((await api.call({ method: 'DELETE', url: '/auth/users/ana' })).status).toBe(204);
    expect((await api.call(patch)).status).toBe(404);
    const self = {
      method: 'PATCH',
      url: '/auth/users/admin',
      payload: { role: 'viewer' },
    } as const;
    expect((await api.call(self)).status).toBe(409);
    expect((await api.call({ method: 'DELETE', url: '/auth/users/admin' })).status).toBe(403);
  });

  it('shows import errors with file, line and code frame until the file is mended', async () => {
    const file = 'broken/dag.ts';
    const error = {
      code: 'SYNTAX',
      message: 'Unexpected "}"',
      line: 3,
      column: 7,
      codeFrame: '> 3 | }',
    };
    await registerDags(api.database, { file, dags: [], error });
    const { body } = await api.call({ url: '/api/v2/importErrors' });
    expect(body).toMatchObject({
      total_entries: 1,
      import_errors: [
        {
          filename: file,
          tidegate_line: 3,
          stack_trace: expect.stringContaining('> 3 | }') as string,
        },
      ],
    });
    const [listed] = body['import_errors'] as { import_error_id: number }[];
    const url = `/api/v2/importErrors/${listed?.import_error_id ?? 0}`;
    expect((await api.call({ url })).body['filename']).toBe(file);
    await registerDags(api.database, { file, dags: [], error: null });
    expect((await api.call({ url })).status).toBe(404);
  });

  it('keeps a line of every change: who, what, and what was refused; never a secret', async () => {
    const post = { username: 'bob', password: 'top secret', role: 'viewer' };
    await api.call({ method: 'POST', url: '/auth/users', payload: post });
    await api.call({ method: 'POST', url: '/auth/users', payload: post });
    await api.call({ method: 'PATCH', url: '/api/v2/dags/ticker', payload: { is_paused: true } });
    // What was refused is written once the answer is out.
    const newest = async (): Promise<string[]> => {
      const { body } = await api.call({ url: '/api/v2/eventLogs?limit=3' });
      return (body['event_logs'] as { event: string }[]).map((line) => line.event).sort();
    };
    await expect
      .poll(newest, { timeout: 20_000 })
      .toEqual(['patch_dag', 'post_user', 'post_user.refused']);
    const { body } = await api.call({ url: '/api/v2/eventLogs?dag_id=ticker' });
    expect(body).toMatchObject({
      event_logs: [{ event: 'patch_dag', owner: 'admin', dag_id: 'ticker' }],
    });
    const all = await api.call({ url: '/api/v2/eventLogs?limit=1000' });
    expect(JSON.stringify(all.body)).not.toContain('top secret');
    const id = (body['event_logs'] as { event_log_id: number }[])[0]?.event_log_id ?? 0;
    const one = await api.call({ url: `/api/v2/eventLogs/${id}` });
    expect(JSON.parse(one.body['extra'] as string)).toMatchObject({ body: { is_paused: true } });
  });

  it('describes every call of the API in one OpenAPI document', async () => {
    const { status, body } = await api.call({ url: '/openapi.json' });
    expect(status).toBe(200);
    const paths = body['paths'] as Record<string, Record<string, unknown>>;
    expect(paths['/api/v2/dags/{dag_id}/dagRuns']).toHaveProperty('post.requestBody');
    expect(paths['/ui/grid/{dag_id}']).toHaveProperty('get.responses.200');
    expect(paths['/api/v2/pools']).toMatchObject({
      post: { tags: ['Pools'], description: 'Needs the role op.' },
    });
    const strangers = Object.keys(paths).filter((path) => !/^\/(api|ui|auth|health)\b/.test(path));
    expect(strangers).toEqual([]);
  });
});
