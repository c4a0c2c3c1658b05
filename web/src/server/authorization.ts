import type { TokenOwner } from '@tidegate/engine/server';
import { BugError } from '@tidegate/engine/platform';
import type { FastifyRequest } from 'fastify';

import type { Role } from '../contract/auth.ts';
import { type Access, includesRole } from './access.ts';
import type { Api } from './api.ts';
import { WebError } from './errors.ts';
import { isChanging } from './guard.ts';
import { SESSION_COOKIE } from './session-cookie.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; every route says so, or the server does not start. */
    access?: Role | 'public';
    /** Name of the audit line of a route that changes something; null: it changes nothing. */
    audit?: string | null;
  }
  interface FastifyRequest {
    user: TokenOwner | null;
  }
}

/** Default deny: a route without `config.access` is a bug, a request without a sufficient token is refused. */
export function requireAccess(app: Api, access: Access): void {
  app.decorateRequest('user', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) {
      throw new BugError(`route ${route.url} does not say who may call it`);
    }
  });
  app.addHook('onRequest', async (request) => {
    const needed = request.routeOptions.config.access;
    if (needed === undefined || needed === 'public') return;
    request.user = await authenticate(request, access);
    if (includesRole(request.user.role, needed)) return;
    throw new WebError(
      'NOT_ALLOWED',
      `role '${request.user.role}' may not do this, '${needed}' may`,
    );
  });
}

/** Whose token or session a request carries; throws `NOT_SIGNED_IN`. */
export async function authenticate(request: FastifyRequest, access: Access): Promise<TokenOwner> {
  const token = tokenOf(request);
  const owner = token === undefined ? undefined : await access.findOwner(token);
  if (owner !== undefined) return owner;
  throw new WebError('NOT_SIGNED_IN', 'sign in first: POST /auth/token answers a bearer token');
}

function tokenOf(request: FastifyRequest): string | undefined {
  const { authorization, origin } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
    return token?.startsWith('tgs_') === true ? undefined : token;
  }
  const session = request.cookies[SESSION_COOKIE];
  if (session?.startsWith('tgs_') !== true) return undefined;
  // Browsers name the origin of every change; `checkOrigin` has compared it.
  if (isChanging(request.method) && origin === undefined) {
    throw new WebError('ORIGIN_NOT_ALLOWED', 'a change by cookie must name its origin');
  }
  return session;
}
