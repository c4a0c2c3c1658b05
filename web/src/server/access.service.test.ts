import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ApiUnderTest, createApiUnderTest } from '../../test/api-under-test.ts';
import { describeWith } from '../../../test/services/services.ts';
import { type Role, ROLES } from '../contract/index.ts';

const RUN = '/api/v2/dags/:dag_id/dagRuns/:dag_run_id';
const TASK = `${RUN}/taskInstances/:task_id`;

/** Every route and who may call it: a route that is not named here fails the test. */
const RIGHTS: Readonly<Record<Role | 'public', readonly string[]>> = {
  public: [
    'GET /health',
    'GET /api/v2/monitor/health',
    'GET /api/v2/version',
    'GET /openapi.json',
    'GET /docs',
    'GET /docs/',
    'GET /docs/json',
    'GET /docs/yaml',
    'GET /docs/*',
    'POST /auth/token',
    'POST /auth/token/cli',
    'POST /auth/session',
    'DELETE /auth/session',
  ],
  viewer: [
    'GET /auth/session',
    'PUT /auth/password',
    'GET /api/v2/dags',
    'GET /api/v2/dags/:dag_id',
    'GET /api/v2/dags/:dag_id/details',
    'GET /api/v2/dags/:dag_id/nextExecutions',
    'GET /api/v2/dags/:dag_id/dagVersions',
    'GET /api/v2/dags/:dag_id/tasks',
    'GET /api/v2/dags/:dag_id/tasks/:task_id',
    'GET /api/v2/dagTags',
    'GET /api/v2/dagSources/:dag_id',
    'GET /api/v2/dags/:dag_id/dagRuns',
    'POST /api/v2/dags/:dag_id/dagRuns/list',
    `GET ${RUN}`,
    `GET ${RUN}/taskInstances`,
    `GET ${TASK}`,
    `GET ${TASK}/tries`,
    `GET ${TASK}/tries/:task_try_number`,
    `GET ${TASK}/logs/:try_number`,
    'GET /api/v2/streams',
    'GET /api/v2/pools',
    'GET /api/v2/pools/:pool_name',
    'GET /api/v2/importErrors',
    'GET /api/v2/importErrors/:import_error_id',
    'GET /ui/home',
    'GET /ui/dags',
    'GET /ui/dags/:dag_id',
    'GET /ui/grid/:dag_id',
    'GET /ui/runs/:dag_id/:dag_run_id',
    'GET /ui/events',
  ],
  user: [
    'GET /ui/runs/:dag_id/:dag_run_id/mark',
    'PATCH /api/v2/dags/:dag_id',
    'POST /api/v2/dags/:dag_id/dagRuns',
    `PATCH ${RUN}`,
    `DELETE ${RUN}`,
    `POST ${RUN}/clear`,
    'POST /api/v2/dags/:dag_id/clearTaskInstances',
    `PATCH ${TASK}`,
    `PATCH ${TASK}/dry_run`,
  ],
  op: [
    'POST /api/v2/pools',
    'PATCH /api/v2/pools/:pool_name',
    'DELETE /api/v2/pools/:pool_name',
    'GET /api/v2/eventLogs',
    'GET /api/v2/eventLogs/:event_log_id',
  ],
  admin: [
    'GET /auth/users',
    'POST /auth/users',
    'PATCH /auth/users/:username',
    'DELETE /auth/users/:username',
  ],
};

const signIn = { method: 'POST', url: '/auth/token' } as const;

describeWith(['postgres'], 'access', () => {
  let api: ApiUnderTest;
  beforeAll(async () => (api = await createApiUnderTest()));
  afterAll(() => api[Symbol.asyncDispose]());

  it('is named for every route, and every route is named here', () => {
    const routes = routesOf(api.app.printRoutes({ commonPrefix: false }));
    // The console's files are there once it is built.
    const isFile = ([, url]: readonly string[]): boolean => /\.(html|js|css|svg)$/.test(url ?? '');
    const found = routes.filter((route) => !isFile(route)).map((route) => route.join(' '));
    expect(found.sort()).toEqual(Object.values(RIGHTS).flat().sort());
  });

  it('is denied to whoever has not signed in, on every route that is not public', async () => {
    for (const role of ROLES) {
      for (const route of RIGHTS[role]) {
        expect([route, await statusOf(route, undefined)]).toEqual([route, 401]);
      }
    }
    for (const route of RIGHTS.public) {
      expect([route, await statusOf(route, undefined)]).not.toEqual([route, 401]);
    }
  });

  it.each(ROLES)('of role %s ends where the next role begins', async (role) => {
    const token = await api.tokenOf(role);
    for (const needed of ROLES) {
      const isEnough = ROLES.indexOf(role) >= ROLES.indexOf(needed);
      for (const route of RIGHTS[needed]) {
        // A stream that is allowed goes on for ever.
        if (isEnough && route === 'GET /ui/events') continue;
        const status = await statusOf(route, token);
        expect([route, status === 403, status === 401]).toEqual([route, !isEnough, false]);
      }
    }
  });

  async function statusOf(route: string, token: string | undefined): Promise<number> {
    const [method, url] = route.split(' ') as [Method, string];
    const answer = await api.app.inject({
      method,
      url: url.replaceAll(/:\w+/g, '1'),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    return answer.statusCode;
  }

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

  it('waits longer and longer after wrong passwords, and not for others', async () => {
    const guess = { username: 'admin', password: 'guess' };
    const remoteAddress = '127.0.0.9';
    const statuses = [];
    for (let tries = 0; tries < 7; tries += 1) {
      const answer = await api.app.inject({ ...signIn, payload: guess, remoteAddress });
      statuses.push(answer.statusCode);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    const elsewhere = { ...signIn, payload: { username: 'admin', password: 'admin' } };
    expect((await api.app.inject(elsewhere)).statusCode).toBe(201);
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
