import type { FastifyInstance } from 'fastify';

import { appendTaskLog } from '../store/task-log.ts';
import { parseBody } from './access.ts';
import { EXECUTION_ROUTES, logRequestSchema } from './contract.ts';
import type { ExecutionOptions } from './execution-plugin.ts';

/** Log chunks of any try, ended ones too: the last lines of a stopped try are worth having. */
export function routeLog(app: FastifyInstance, options: ExecutionOptions): void {
  app.post(EXECUTION_ROUTES.log, async (request, reply) => {
    const body = parseBody(logRequestSchema, request.body);
    await appendTaskLog(options.database.logs, body.chunks);
    return reply.code(204).send();
  });
}
