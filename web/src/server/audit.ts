import { BugError, type Json, type Logger, toError } from '@tidegate/engine/platform';
import { type Sql, writeEvent } from '@tidegate/engine/server';
import type { FastifyRequest } from 'fastify';

import type { Api } from './api.ts';
import { isChanging } from './guard.ts';

const SECRET = /passw|secret|token|api_?key|authorization|credential/i;
const MOST_EXTRA_BYTES = 16 * 1024;

/**
 * Writes an audit line for every change asked for, before it is made: a crash in between leaves a line
 * without a change, never a change without a line. What was refused gets a second line. A changing route
 * that does not name its line is a bug.
 */
export function auditChanges(
  app: Api,
  { database, logger }: { readonly database: Sql; readonly logger: Logger },
): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    const isChange = [method].flat().some(isChanging);
    if (!isChange || config?.access === 'public' || config?.audit !== undefined) return;
    throw new BugError(`route ${url} changes something and does not name its audit line`);
  });
  app.addHook('preHandler', async (request) => {
    const { audit } = request.routeOptions.config;
    if (audit == null || isDryRun(request)) return;
    await writeEvent(database, { ...subject(request), event: audit, extra: asked(request) });
  });
  app.addHook('onResponse', async (request, { statusCode }) => {
    const { audit } = request.routeOptions.config;
    // 400, 401, 403 and 422 come before the first line.
    if (audit == null || ![404, 409, 500, 503].includes(statusCode) || isDryRun(request)) return;
    const event = { ...subject(request), event: `${audit}.refused`, extra: { statusCode } };
    await writeEvent(database, event).catch((thrown: unknown) => {
      logger.warn({ err: toError(thrown), event: event.event }, 'an audit line was not written');
    });
  });
}

function isDryRun({ body }: FastifyRequest): boolean {
  return typeof body === 'object' && body !== null && 'dry_run' in body && body.dry_run === true;
}

function subject(request: FastifyRequest) {
  const params = request.params as Readonly<Record<string, string | undefined>>;
  return {
    actor: request.user?.username ?? null,
    dagId: params['dag_id'] ?? null,
    runId: params['dag_run_id'] ?? null,
    taskId: params['task_id'] ?? null,
  };
}

function asked(request: FastifyRequest): Json {
  const { method, url, body } = request;
  const extra = { method, url: url.split('?')[0] ?? '' };
  if (body === undefined || body === null) return extra;
  const text = JSON.stringify(body, (key, value: unknown) => (SECRET.test(key) ? '***' : value));
  if (text.length > MOST_EXTRA_BYTES) return { ...extra, body: 'left out: too long' };
  return { ...extra, body: JSON.parse(text) as Json };
}
