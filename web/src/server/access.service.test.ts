import { upsertUser } from '@tidegate/engine/server';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ApiUnderTest, createApiUnderTest } from '../../test/api-under-test.ts';
import { describeWith } from '../../../test/services/services.ts';

/** What anybody may call; everything else asks for a token. */
const PUBLIC = new Set([
  'GET /health',
  'GET /api/v2/monitor/health',
  'GET /api/v2/version',
  'POST /auth/token',
  'POST /auth/token/cli',
]);

const signIn = { method: 'POST', url: '/auth/token' } as const;

describeWith(['postgres'], 'access', () => {
  let api: ApiUnderTest;
  beforeAll(async () => (api = await createApiUnderTest()));
  afterAll(() => api[Symbol.asyncDispose]());

  it('is denied on every route that is not public', async () => {
    const routes = routesOf(api.app.printRoutes({ commonPrefix: false }));
    expect(routes.length).toBeGreaterThan(PUBLIC.size);
    for (const [method, url] of routes) {
      const isPublic = PUBLIC.has(`${method} ${url}`);
      const { statusCode } = await api.app.inject({ method, url: url.replaceAll(/:\w+/g, 'x') });
      expect([`${method} ${url}`, statusCode === 401]).toEqual([`${method} ${url}`, !isPublic]);
    }
  });

  it('is given for the right password only', async () => {
    const right = { username: 'admin', password: 'admin' };
    const answer = await api.app.inject({ ...signIn, payload: right });
    expect(answer.statusCode).toBe(201);
    const token = answer.json<{ access_token: string }>().access_token;
    const headers = { authorization: `Bearer ${token}` };
    expect((await api.app.inject({ url: '/api/v2/dags', headers })).statusCode).toBe(200);
    for (const payload of [
      { ...right, password: 'wrong' },
      { ...right, username: 'nobody' },
    ]) {
      const refused = await api.app.inject({ ...signIn, payload });
      expect([refused.statusCode, refused.json()]).toEqual([
        401,
        { detail: 'Invalid credentials' },
      ]);
    }
  });

  it('ends with the role: a viewer reads and changes nothing', async () => {
    await upsertUser(api.database, { username: 'eve', password_hash: 'none', role: 'viewer' });
    const headers = { authorization: `Bearer ${await api.access.issueToken('eve', 'test')}` };
    expect((await api.app.inject({ url: '/api/v2/dags', headers })).statusCode).toBe(200);
    const change = await api.app.inject({
      method: 'PATCH',
      url: '/api/v2/dags/ticker',
      headers,
      payload: { is_paused: true },
    });
    expect(change.statusCode).toBe(403);
    expect(change.json<{ detail: string }>().detail).toContain("'user' may");
  });

  it('with the default password works on this machine only', async () => {
    const payload = { username: 'admin', password: 'admin' };
    const forwarded = { ...signIn, payload, headers: { 'x-forwarded-for': '10.1.2.3' } };
    const refused = await api.app.inject(forwarded);
    expect(refused.statusCode).toBe(403);
    expect(refused.json<{ detail: string }>().detail).toContain('TIDEGATE_ADMIN_PASSWORD');
    await using beyond = await createApiUnderTest('0.0.0.0');
    expect((await beyond.app.inject({ ...signIn, payload })).statusCode).toBe(403);
    await beyond.access.ensureAdmin('a longer one');
    const changed = { ...signIn, payload: { ...payload, password: 'a longer one' } };
    expect((await beyond.app.inject(changed)).statusCode).toBe(201);
  });

  it('is refused to names this server does not answer for', async () => {
    const rebound = await api.call({ url: '/api/v2/dags', headers: { host: 'evil.example' } });
    expect(rebound.status).toBe(403);
    const named = await api.call({
      url: '/api/v2/dags',
      headers: { host: 'tidegate.example:8080' },
    });
    expect(named.status).toBe(200);
  });

  it('is refused to changes a page of another site asks for', async () => {
    const patch = {
      method: 'PATCH',
      url: '/api/v2/dags/ticker',
      payload: { is_paused: true },
    } as const;
    const host = 'localhost:8080';
    const foreign = await api.call({ ...patch, headers: { host, origin: 'https://evil.example' } });
    expect(foreign.status).toBe(403);
    const own = await api.call({ ...patch, headers: { host, origin: 'http://localhost:8080' } });
    expect(own.status).toBe(200);
  });
});

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** Method and path of every route, from Fastify's own drawing of its tree. */
function routesOf(tree: string): [Method, string][] {
  const routes: [Method, string][] = [];
  const path: string[] = [];
  for (const line of tree.split('\n')) {
    const match = /^([│ ]*)[├└]── (\S+)(?: \((.+)\))?$/.exec(line);
    if (match === null) continue;
    const [, indent = '', part = '', methods] = match;
    path.splice(indent.length / 4, path.length, part);
    for (const method of methods?.split(', ') ?? []) {
      if (method !== 'HEAD') routes.push([method as Method, path.join('')]);
    }
  }
  return routes;
}
