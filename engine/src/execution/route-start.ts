import type { FastifyInstance } from 'fastify';

import { LEASE_MS } from '../scheduler/worker-sessions.ts';
import { buildGrant } from '../scheduler/flush/build-grant.ts';
import { startQueued } from '../store/start-queued.ts';
import { parseBody } from './access.ts';
import {
  EXECUTION_ROUTES,
  startRequestSchema,
  type Grant,
  type StartResponse,
} from './contract.ts';
import type { ExecutionOptions } from './execution-plugin.ts';
import { superseded } from './route-claim.ts';

/** BullMQ lane: turns queued jobs into grants, a compare-and-set each. Waits behind no flush. */
export function routeStart(app: FastifyInstance, options: ExecutionOptions): void {
  const { scheduler, database, clock } = options;
  app.post(EXECUTION_ROUTES.start, async (request): Promise<StartResponse> => {
    const body = parseBody(startRequestSchema, request.body);
    const sessionKey = await scheduler.sessions.keyOf(body);
    if (sessionKey === null) throw superseded(body.workerId);
    const nowMs = clock.now();
    const order = { jobs: body.jobs, sessionKey, nowMs };
    const started = await startQueued(database, scheduler.cache, order);
    const { taskTokens } = scheduler;
    const grants = started.rows.map((row): Grant | null => {
      const info = row === null ? undefined : scheduler.cache.get(row.runKey);
      if (row === null || info === undefined) return null;
      return buildGrant(row, info, { outputs: started.outputs, taskTokens, nowMs });
    });
    return { grants, leaseMs: LEASE_MS };
  });
}
