import { createHash, timingSafeEqual } from 'node:crypto';

import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { ZodError, type z } from 'zod';

import { TidegateError } from '../platform/errors.ts';
import { STORE_ERRORS } from '../store/errors.ts';
import { EXECUTION_ERRORS } from './errors.ts';

const STATUS: Readonly<Record<string, number>> = {
  [EXECUTION_ERRORS.unauthorized]: 401,
  [EXECUTION_ERRORS.tryOver]: 409,
  [EXECUTION_ERRORS.sessionSuperseded]: 409,
  [EXECUTION_ERRORS.connectionUnknown]: 404,
  [EXECUTION_ERRORS.variableUnknown]: 404,
  [EXECUTION_ERRORS.artefactUnknown]: 404,
  [EXECUTION_ERRORS.artefactBroken]: 400,
  [EXECUTION_ERRORS.badRequest]: 400,
  [STORE_ERRORS.unavailable]: 503,
};

/** The bearer of a request, or an empty string. */
export function bearerOf(request: FastifyRequest): string {
  const header = request.headers.authorization ?? '';
  return header.startsWith('Bearer ') ? header.slice(7) : '';
}

/** Refuses everything without the worker token. */
export function requireWorkerToken(app: FastifyInstance, token: string): void {
  const expected = digest(token);
  app.addHook('onRequest', (request, _reply, done) => {
    if (timingSafeEqual(digest(bearerOf(request)), expected)) done();
    else done(unauthorized());
  });
}

export function unauthorized(): TidegateError {
  return new TidegateError(
    EXECUTION_ERRORS.unauthorized,
    'the bearer token is missing or wrong: worker and scheduler need the same TIDEGATE_WORKER_TOKEN',
  );
}

/** Errors as JSON with their code; unexpected ones say nothing of the inside. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | TidegateError, request, reply) => {
    if (error instanceof TidegateError) {
      const status = STATUS[error.code] ?? (error.retriable ? 503 : 500);
      return reply.code(status).send({ code: error.code, message: error.message });
    }
    const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
    if (status < 500) {
      return reply.code(status).send({ code: EXECUTION_ERRORS.badRequest, message: error.message });
    }
    request.log.error({ err: error }, 'execution request failed');
    return reply.code(500).send({ code: 'INTERNAL', message: 'internal error' });
  });
}

/** A body that fits its schema, or 400 naming the first thing that does not. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): z.infer<Schema> {
  try {
    return schema.parse(body);
  } catch (thrown) {
    if (!(thrown instanceof ZodError)) throw thrown;
    const [issue] = thrown.issues;
    throw new TidegateError(
      EXECUTION_ERRORS.badRequest,
      `${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'not as the contract says'}`,
    );
  }
}

/** Equal lengths for the comparison, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
