import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import { type ApiUnderTest, createApiUnderTest } from '../../test/api-under-test.ts';

const HOST = 'localhost:8080';
const ORIGIN = `http://${HOST}`;

describeWith(['postgres'], 'a session', () => {
  let api: ApiUnderTest;
  beforeAll(async () => {
    api = await createApiUnderTest();
    await api.call({
      method: 'POST',
      url: '/auth/users',
      payload: { username: 'eve', password: 'a good one', role: 'user' },
    });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const open = async (password = 'a good one'): Promise<{ status: number; cookie: string }> => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/auth/session',
      headers: { host: HOST, origin: ORIGIN },
      payload: { username: 'eve', password },
    });
    const set = answer.headers['set-cookie'];
    return { status: answer.statusCode, cookie: String(set ?? '').split(';')[0] ?? '' };
  };
  const whoAmI = async (cookie: string) =>
    api.app.inject({ url: '/auth/session', headers: { cookie } });

  it('is a cookie no script can read and no other site can send', async () => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/auth/session',
      headers: { host: HOST, origin: ORIGIN },
      payload: { username: 'eve', password: 'a good one' },
    });
    expect(answer.json()).toEqual({ username: 'eve', role: 'user' });
    const set = String(answer.headers['set-cookie']);
    expect(set).toContain('HttpOnly');
    expect(set).toContain('SameSite=Strict');
    expect(set).not.toContain('Secure');
  });

  it('says who it is, and ends when it is left', async () => {
    const { cookie } = await open();
    expect((await whoAmI(cookie)).json()).toEqual({ username: 'eve', role: 'user' });
    const left = await api.app.inject({
      method: 'DELETE',
      url: '/auth/session',
      headers: { cookie, host: HOST, origin: ORIGIN },
    });
    expect(left.statusCode).toBe(204);
    expect((await whoAmI(cookie)).statusCode).toBe(401);
  });

  it('changes something only when the browser names our own origin', async () => {
    const { cookie } = await open();
    const patch = {
      method: 'PATCH',
      url: '/api/v2/dags/ticker',
      payload: { is_paused: false },
    } as const;
    const unnamed = await api.app.inject({ ...patch, headers: { cookie, host: HOST } });
    expect(unnamed.statusCode).toBe(403);
    const own = await api.app.inject({ ...patch, headers: { cookie, host: HOST, origin: ORIGIN } });
    expect(own.statusCode).toBe(200);
  });

  it('is not a bearer token, and a bearer token is not a session', async () => {
    const { cookie } = await open();
    const session = cookie.split('=')[1] ?? '';
    const asBearer = { authorization: `Bearer ${session}` };
    expect((await api.app.inject({ url: '/auth/session', headers: asBearer })).statusCode).toBe(
      401,
    );
    const token = await api.access.issueToken('eve', 'test');
    expect((await whoAmI(`tidegate_session=${token}`)).statusCode).toBe(401);
  });

  it('ends with a changed password, as every other session of the user', async () => {
    const [first, second] = [await open(), await open()];
    const change = (current: string) =>
      api.app.inject({
        method: 'PUT',
        url: '/auth/password',
        headers: { cookie: first.cookie, host: HOST, origin: ORIGIN },
        payload: { current_password: current, new_password: 'another one' },
      });
    expect((await change('not it')).statusCode).toBe(401);
    expect((await change('a good one')).statusCode).toBe(204);
    expect((await whoAmI(first.cookie)).statusCode).toBe(401);
    expect((await whoAmI(second.cookie)).statusCode).toBe(401);
    expect((await open('another one')).status).toBe(200);
  });

  it('ends when its user is deactivated', async () => {
    const { cookie } = await open('another one');
    await api.call({ method: 'PATCH', url: '/auth/users/eve', payload: { is_active: false } });
    expect((await whoAmI(cookie)).statusCode).toBe(401);
    expect((await open('another one')).status).toBe(401);
  });
});
