import type { FastifyInstance } from 'fastify';

import { LEASE_MS } from '../scheduler/worker-sessions.ts';
import { noteProgress, readHolders, setWaitingFor } from '../store/heartbeats.ts';
import { parseBody } from './access.ts';
import {
  EXECUTION_ROUTES,
  heartbeatRequestSchema,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type TaskKey,
} from './contract.ts';
import type { ExecutionOptions } from './execution-plugin.ts';

/** One call for all tasks of a worker: renews its lease, answers which tries it no longer holds. */
export function routeHeartbeat(app: FastifyInstance, options: ExecutionOptions): void {
  const { scheduler, database } = options;
  /** What runs wait for, by session: told to the run only when it changes. */
  const waits = new Map<string, ReadonlyMap<number, string>>();
  app.post(EXECUTION_ROUTES.heartbeat, async (request): Promise<HeartbeatResponse> => {
    const body = parseBody(heartbeatRequestSchema, request.body);
    const sessionKey = await scheduler.sessions.keyOf(body);
    const tokens = body.tasks.map((task) => task.token);
    const isOwn = sessionKey !== null && (await scheduler.sessions.renew(sessionKey, tokens));
    if (!isOwn) return { leaseMs: LEASE_MS, revoked: body.tasks.map(toKey) };
    const holders = await readHolders(database, body.tasks);
    const held = body.tasks.filter((task) => holders.get(task.token) === 'running');
    // Cleared while running: told to stop, and free to start afresh at once.
    const restarting = body.tasks.filter((task) => holders.get(task.token) === 'restarting');
    scheduler.lose(restarting.map(toKey), 'cleared while it ran');
    await noteProgress(
      database,
      held.filter((task) => task.progress !== undefined || task.waitingFor !== undefined),
    );
    const waiting = waitingRuns(held);
    await setWaitingFor(database, changes(waits.get(body.sessionId) ?? new Map(), waiting));
    if (waiting.size > 0) waits.set(body.sessionId, waiting);
    else waits.delete(body.sessionId);
    const kept = new Set(held.map((task) => task.token));
    const revoked = body.tasks.filter((task) => !kept.has(task.token)).map(toKey);
    return { leaseMs: LEASE_MS, revoked };
  });
}

type HeldTask = HeartbeatRequest['tasks'][number];

function waitingRuns(tasks: readonly HeldTask[]): Map<number, string> {
  const waiting = new Map<number, string>();
  for (const task of tasks) {
    if (task.waitingFor !== undefined) waiting.set(task.runKey, task.waitingFor);
  }
  return waiting;
}

function changes(
  before: ReadonlyMap<number, string>,
  after: ReadonlyMap<number, string>,
): { runKey: number; what: string | null }[] {
  const gone = [...before.keys()].filter((runKey) => !after.has(runKey));
  const changed = [...after].filter(([runKey, what]) => before.get(runKey) !== what);
  return [
    ...gone.map((runKey) => ({ runKey, what: null })),
    ...changed.map(([runKey, what]) => ({ runKey, what })),
  ].sort((a, b) => a.runKey - b.runKey);
}

function toKey(task: TaskKey): TaskKey {
  return { runKey: task.runKey, ix: task.ix, tryNumber: task.tryNumber, token: task.token };
}
