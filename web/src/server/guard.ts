import type { FastifyReply, FastifyRequest } from 'fastify';

import { WebError } from './errors.ts';

/** Addresses this server answers for, whatever name resolution says. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

const CHANGING = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** True when a request of this method may change something. */
export function isChanging(method: string): boolean {
  return CHANGING.has(method);
}

/** What every answer says to the browser that shows it. */
export function secureHeaders(reply: FastifyReply): void {
  void reply.headers({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
  });
}

/** True when only this machine can reach an address to listen on. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** True when somebody in between says the request came from elsewhere. */
export function isForwarded(request: FastifyRequest): boolean {
  const { headers } = request;
  return headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined;
}

/**
 * Refuses requests whose Host header is not ours: a page of another site could otherwise rebind its name to
 * this address and act as the user.
 */
export function checkHost(request: FastifyRequest, allowedHosts: readonly string[]): void {
  const name = request.hostname.replace(/:\d+$/, '').toLowerCase();
  if (LOOPBACK.includes(name) || name === '::1' || allowedHosts.includes(name)) return;
  throw new WebError(
    'HOST_NOT_ALLOWED',
    `this server does not answer for '${name}'; add the name to TIDEGATE_ALLOWED_HOSTS`,
  );
}

/** Refuses changes asked for by a page of another site; programs send no Origin and pass. */
export function checkOrigin(request: FastifyRequest): void {
  const { origin } = request.headers;
  if (!isChanging(request.method) || origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === request.headers.host) return;
  throw new WebError('ORIGIN_NOT_ALLOWED', `changes may not be asked for by a page of ${origin}`);
}
