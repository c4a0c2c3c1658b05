import type { FastifyInstance } from 'fastify';

import { toTaskGraph } from '../state/task-graph.ts';
import { TidegateError } from '../platform/errors.ts';
import { failpoint } from '../platform/failpoint.ts';
import { registerDags } from '../store/register-dags.ts';
import { listRegisteredFiles } from '../store/registered-files.ts';
import { parseBody } from './access.ts';
import {
  EXECUTION_ROUTES,
  type RegisteredFilesResponse,
  type RegisterRequest,
  type RegisterResponse,
} from './contract.ts';
import { EXECUTION_ERRORS } from './errors.ts';
import type { ExecutionOptions } from './execution-plugin.ts';
import { registerRequestSchema } from './register-schema.ts';

/** What registration found in one file, and what is known of all of them. */
export function routeDags(app: FastifyInstance, options: ExecutionOptions): void {
  app.put(
    EXECUTION_ROUTES.dags,
    { bodyLimit: MOST_BYTES },
    async (request): Promise<RegisterResponse> => {
      const body = parseBody(registerRequestSchema, request.body);
      refuseDisorder(body);
      failpoint('register.before-commit');
      const answer = await registerDags(options.database, body);
      failpoint('register.after-commit');
      options.onDagsChanged?.();
      return answer;
    },
  );
  app.get(EXECUTION_ROUTES.dags, async (): Promise<RegisteredFilesResponse> => {
    const files = await listRegisteredFiles(options.database);
    return { timeline: options.database.timeline.current, files };
  });
}

const MOST_BYTES = 64 * 1_048_576;

/** Recounts rely on upstreams coming before their downstreams. */
function refuseDisorder(request: RegisterRequest): void {
  for (const { serialized } of request.dags) {
    const graph = toTaskGraph(serialized.tasks);
    const ix = graph.tasks.findIndex((task, place) => task.upstream.some((up) => up >= place));
    if (ix < 0) continue;
    throw new TidegateError(
      EXECUTION_ERRORS.badRequest,
      `DAG ${serialized.id}: task ${graph.tasks[ix]?.id ?? ix} stands before one of its upstreams`,
    );
  }
}
