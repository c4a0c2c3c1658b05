import type { FastifyInstance } from 'fastify';

import { TidegateError } from '../platform/errors.ts';
import { failpoint } from '../platform/failpoint.ts';
import { LEASE_MS } from '../scheduler/worker-sessions.ts';
import { parseBody } from './access.ts';
import {
  claimRequestSchema,
  EXECUTION_ROUTES,
  type ClaimResponse,
  type Grant,
} from './contract.ts';
import { EXECUTION_ERRORS } from './errors.ts';
import type { ExecutionOptions } from './execution-plugin.ts';

/** The newest poll of a session. */
interface WaitingPoll {
  readonly give: () => void;
  readonly demand: { slots: number };
}

/**
 * Long poll. A worker's newer poll answers its older one, so that a slot is offered once; what a flush under
 * way grants the older one still goes out with its answer, and is taken off what the newer one offers.
 */
export function routeClaim(app: FastifyInstance, options: ExecutionOptions): void {
  const { scheduler } = options;
  const waiting = new Map<string, WaitingPoll>();
  // A closing server waits for its requests, and these would last.
  app.addHook('preClose', (done) => {
    for (const { give } of [...waiting.values()]) give();
    done();
  });
  app.post(EXECUTION_ROUTES.claim, async (request, reply): Promise<ClaimResponse> => {
    const body = parseBody(claimRequestSchema, request.body);
    const sessionKey = await scheduler.sessions.keyOf(body);
    if (sessionKey === null) throw superseded(body.workerId);
    const grants = await new Promise<readonly Grant[]>((resolve) => {
      let isOpen = true;
      const demand = { sessionKey, queues: new Set(body.queues), slots: body.slots };
      const leave = scheduler.flusher.poll({
        demand,
        answer: (granted) => {
          if (!isOpen) return false;
          end(granted);
          return true;
        },
      });
      const end = (granted: readonly Grant[]): void => {
        isOpen = false;
        leave();
        stopWaiting();
        reply.raw.off('close', give);
        const newest = waiting.get(body.sessionId);
        if (newest === own) waiting.delete(body.sessionId);
        else if (newest !== undefined)
          newest.demand.slots = Math.max(0, newest.demand.slots - granted.length);
        resolve(granted);
      };
      const give = (): void => {
        if (isOpen && !leave()) end([]);
      };
      const own = { give, demand };
      const stopWaiting = options.clock.after(body.waitMs, give);
      reply.raw.on('close', give);
      const older = waiting.get(body.sessionId);
      waiting.set(body.sessionId, own);
      older?.give();
    });
    if (grants.length > 0) failpoint('claim.before-answer');
    if (reply.raw.destroyed) scheduler.flusher.takeBack(grants);
    return { grants, leaseMs: LEASE_MS };
  });
}

export function superseded(workerId: string): TidegateError {
  return new TidegateError(
    EXECUTION_ERRORS.sessionSuperseded,
    `a newer process of worker ${workerId} took over: stop this one or give it another id`,
  );
}
