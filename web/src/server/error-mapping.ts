import { type Logger, TidegateError } from '@tidegate/engine/platform';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

import type { ErrorResponse } from '../contract/index.ts';

/** The one place where an error code becomes an HTTP status; codes not named here are 500. */
const STATUS: Readonly<Record<string, number>> = {
  SIGN_IN_FAILED: 401,
  NOT_SIGNED_IN: 401,
  NOT_ALLOWED: 403,
  DEFAULT_PASSWORD_REFUSED: 403,
  HOST_NOT_ALLOWED: 403,
  ORIGIN_NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  DAG_UNKNOWN: 404,
  TOPIC_MISSING: 404,
  RUN_EXISTS: 409,
  RUN_KEPT: 409,
  NAME_TAKEN: 409,
  POOL_KEPT: 409,
  POOL_TOO_SMALL: 409,
  LAST_ADMIN: 409,
  TASK_RUNNING: 409,
  RUN_MOVED_ON: 409,
  STREAM_BLOCKED: 409,
  PARAMS_INVALID: 422,
  INVALID_VALUE: 422,
  TRIGGER_INVALID: 422,
  TOO_MANY_TRIES: 429,
  STREAM_BUSY: 503,
  TOO_MANY_STREAMS: 503,
  DATABASE_UNAVAILABLE: 503,
};

/** Where FastAPI says a field was, by Fastify's name of it. */
const PLACES: Readonly<Record<string, string>> = {
  querystring: 'query',
  params: 'path',
  headers: 'header',
};

/** Answers any error in Airflow's shape; what nobody foresaw is logged and hidden behind one sentence. */
export function errorHandler(logger: Logger) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const [status, body] = toAnswer(error);
    const { method, url } = request;
    if (status >= 500) logger.error({ err: error, method, url }, 'request failed');
    if (status === 503) void reply.header('retry-after', '1');
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    if (error instanceof TidegateError && typeof error.details['retryAfterSeconds'] === 'number') {
      void reply.header('retry-after', String(error.details['retryAfterSeconds']));
    }
    void reply.code(status).type('application/json').send(body);
  };
}

function toAnswer(error: FastifyError | Error): [number, ErrorResponse] {
  if (hasZodFastifySchemaValidationErrors(error)) return [422, { detail: toDetail(error) }];
  if (error instanceof TidegateError) {
    const status = STATUS[error.code];
    if (status !== undefined) return [status, { detail: error.message }];
  }
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status < 500) return [status, { detail: error.message }];
  return [500, { detail: 'Internal server error; the server log has the details.' }];
}

interface Invalid {
  readonly validationContext?: string | undefined;
  readonly validation: readonly {
    readonly keyword?: string;
    readonly instancePath?: string;
    readonly message?: string;
  }[];
}

function toDetail({ validationContext = 'body', validation }: Invalid): ErrorResponse['detail'] {
  const place = PLACES[validationContext] ?? validationContext;
  return validation.map(({ keyword = 'invalid', instancePath = '', message = '' }) => ({
    loc: [place, ...instancePath.split('/').filter((part) => part !== '')],
    msg: message,
    type: keyword,
  }));
}
