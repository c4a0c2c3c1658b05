import type { TokenOwner } from '@tidegate/engine/server';
import { BugError } from '@tidegate/engine/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { Role } from '../contract/auth.ts';
import { type Access, includesRole } from './access.ts';
import { WebError } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; every route says so, or the server does not start. */
    access?: Role | 'public';
  }
  interface FastifyRequest {
    user: TokenOwner | null;
  }
}

/** Default deny: a route without `config.access` is a bug, a request without a sufficient token is refused. */
export function requireAccess(app: FastifyInstance, access: Access): void {
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

async function authenticate(request: FastifyRequest, access: Access): Promise<TokenOwner> {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const owner = token === undefined ? undefined : await access.findOwner(token);
  if (owner !== undefined) return owner;
  throw new WebError('NOT_SIGNED_IN', 'sign in first: POST /auth/token answers a bearer token');
}
