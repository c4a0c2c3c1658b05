import { z } from 'zod';

import { passwordRequest, sessionResponse, tokenRequest } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { authenticate } from '../authorization.ts';
import { clearSessionCookie, SESSION_COOKIE, setSessionCookie } from '../session-cookie.ts';
import { signIn } from './sign-in.ts';

/** Sessions of browsers, and one's own password. */
export function sessionRoutes(app: Api, context: RouteContext): void {
  const { access } = context;

  app.post(
    '/auth/session',
    {
      config: { access: 'public' },
      schema: { body: tokenRequest, response: { 200: sessionResponse } },
    },
    async (request, reply) => {
      const user = await signIn(context, request, request.body);
      setSessionCookie(request, reply, await access.openSession(user.username));
      return user;
    },
  );

  app.get(
    '/auth/session',
    { config: { access: 'viewer' }, schema: { response: { 200: sessionResponse } } },
    async (request) => {
      const { username, role } = request.user ?? (await authenticate(request, access));
      return { username, role };
    },
  );

  // Public: signing out succeeds when the session has ended already.
  app.delete(
    '/auth/session',
    { config: { access: 'public' }, schema: { response: { 204: z.null() } } },
    async (request, reply) => {
      const session = request.cookies[SESSION_COOKIE];
      if (session !== undefined) await access.revoke(session);
      clearSessionCookie(request, reply);
      return reply.code(204).send(null);
    },
  );

  app.put(
    '/auth/password',
    {
      config: { access: 'viewer', audit: 'put_password' },
      schema: { body: passwordRequest, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { username } = request.user ?? (await authenticate(request, access));
      const { current_password: current, new_password: next } = request.body;
      await access.changePassword(username, { current, next });
      clearSessionCookie(request, reply);
      return reply.code(204).send(null);
    },
  );
}
