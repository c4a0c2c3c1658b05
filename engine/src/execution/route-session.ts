import type { ServerResponse } from 'node:http';

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

import { parseBody } from './access.ts';
import { superseded } from './route-claim.ts';
import { EXECUTION_ROUTES } from './contract.ts';
import type { ExecutionOptions } from './execution-plugin.ts';

const querySchema = z.object({
  workerId: z.string().min(1).max(250),
  sessionId: z.string().min(1).max(250),
});

/** A closed connection is given this long to come back before its leases are void. */
const GRACE_MS = 2_000;
/** A comment line now and then tells the worker that the stream is not half open. */
const KEEP_ALIVE_MS = 4_000;

/** Held open by a supervisor: when it closes, and does not come back, what its worker holds is given up. */
export function routeSession(app: FastifyInstance, options: ExecutionOptions): void {
  const { scheduler, clock } = options;
  const open = new Map<string, number>();
  const streams = new Set<ServerResponse>();
  app.get(EXECUTION_ROUTES.session, async (request, reply) => {
    const worker = parseBody(querySchema, request.query);
    if ((await scheduler.sessions.keyOf(worker)) === null) throw superseded(worker.workerId);
    open.set(worker.sessionId, (open.get(worker.sessionId) ?? 0) + 1);
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    reply.raw.write(': open\n');
    streams.add(reply.raw);
    let stop = keepAlive();
    function keepAlive(): () => void {
      return clock.after(KEEP_ALIVE_MS, () => {
        reply.raw.write(':\n');
        stop = keepAlive();
      });
    }
    reply.raw.on('close', () => {
      stop();
      streams.delete(reply.raw);
      const left = (open.get(worker.sessionId) ?? 1) - 1;
      if (left > 0) open.set(worker.sessionId, left);
      else open.delete(worker.sessionId);
      clock.after(GRACE_MS, () => {
        if (open.has(worker.sessionId) || isClosing) return;
        scheduler.sessions.end(worker, 'the worker is gone').catch((err: unknown) => {
          request.log.warn({ err }, 'a closed session was not ended; its lease will run out');
        });
      });
    });
  });
  // The scheduler goes, not the worker: its tasks run on under their leases.
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    for (const stream of streams) stream.destroy();
    done();
  });
}
