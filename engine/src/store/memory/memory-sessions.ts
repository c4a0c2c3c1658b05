import type { TaskRow } from '../../state/flush-rows.ts';

interface Session {
  readonly name: string;
  leaseUntilMs: number;
  heartbeatMs: number;
  /** Fence tokens of the last heartbeat. */
  held: ReadonlySet<number>;
  isEnded: boolean;
}

export const LEASE_MS = 15_000;

/** Worker sessions and the leases they hold: `instance` in the database. */
export class MemorySessions {
  private readonly sessions = new Map<number, Session>();
  private lastKey = 0;

  /** A new session of a worker ends its older ones, whose leases are void from then on. */
  open(name: string, nowMs: number): number {
    for (const session of this.sessions.values()) {
      if (session.name === name) session.isEnded = true;
    }
    this.lastKey += 1;
    this.sessions.set(this.lastKey, {
      name,
      leaseUntilMs: nowMs + LEASE_MS,
      heartbeatMs: nowMs,
      held: new Set(),
      isEnded: false,
    });
    return this.lastKey;
  }

  /** False when the session is over: the worker opens a new one and drops what it runs. */
  heartbeat(sessionKey: number, held: ReadonlySet<number>, nowMs: number): boolean {
    const session = this.sessions.get(sessionKey);
    if (session === undefined || session.isEnded) return false;
    session.leaseUntilMs = nowMs + LEASE_MS;
    session.heartbeatMs = nowMs;
    session.held = held;
    return true;
  }

  /** True while somebody answers for the try; a try without a lease is lost. */
  hasLease(row: TaskRow, nowMs: number): boolean {
    const session = row.sessionKey === null ? undefined : this.sessions.get(row.sessionKey);
    if (session === undefined || session.isEnded || session.leaseUntilMs < nowMs) return false;
    // A grant the heartbeats do not name after so long never reached the worker.
    const isYoung = session.heartbeatMs < (row.startMs ?? 0) + LEASE_MS;
    return isYoung || session.held.has(row.token);
  }
}
