import type { FastifyReply, FastifyRequest } from 'fastify';

export const SESSION_COOKIE = 'tidegate_session';

/** A session ends after this long, whatever its user does. */
export const SESSION_SECONDS = 12 * 3_600;

/** Out of reach of scripts and of other sites' pages; over HTTPS only where the page came over it. */
function attributes(request: FastifyRequest) {
  const isSecure = request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https';
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure } as const;
}

export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
): void {
  reply.setCookie(SESSION_COOKIE, token, { ...attributes(request), maxAge: SESSION_SECONDS });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, attributes(request));
}
