import type { Clock } from '../platform/clock.ts';
import type { Database } from '../store/db.ts';
import { endSession, openSession, renewSession } from '../store/instances.ts';
import { listTriesOfSession, listUnheardTries, type HeldTry } from '../store/sweep/sweep-rows.ts';

/** A lease covers every try a worker's last heartbeat named. */
export const LEASE_MS = 15_000;

interface Known {
  readonly sessionKey: number;
  readonly openedAt: number;
  isEnded: boolean;
  /** Its first beat was heard here. */
  isHeard: boolean;
}

/** The worker sessions this scheduler has heard of. */
export class WorkerSessions {
  private readonly database: Database;
  private readonly clock: Clock;
  private readonly lose: (tries: readonly HeldTry[], reason: string) => void;
  private readonly known = new Map<string, Promise<Known>>();
  private readonly byKey = new Map<number, Known>();

  constructor(
    database: Database,
    options: {
      readonly clock: Clock;
      readonly lose: (tries: readonly HeldTry[], reason: string) => void;
    },
  ) {
    this.database = database;
    this.clock = options.clock;
    this.lose = options.lose;
  }

  /** The session's key, or null when a newer session of the worker took over. */
  async keyOf(worker: {
    readonly workerId: string;
    readonly sessionId: string;
    readonly queues?: readonly string[];
  }): Promise<number | null> {
    const id = `${worker.workerId}/${worker.sessionId}`;
    let known = this.known.get(id);
    if (known === undefined || (await known).isEnded) {
      known = this.open(worker);
      this.known.set(id, known);
      known.catch(() => this.known.delete(id));
    }
    const { sessionKey, isEnded } = await known;
    return isEnded ? null : sessionKey;
  }

  /** Renews the lease. False when the session is void: nothing it holds is its own any more. */
  async renew(sessionKey: number, held: readonly number[]): Promise<boolean> {
    const isValid = await renewSession(this.database, {
      sessionKey,
      now: new Date(this.clock.now()),
      leaseMs: LEASE_MS,
      held,
    });
    if (isValid) await this.hearFirst(sessionKey, held);
    else this.forget(sessionKey);
    return isValid;
  }

  /** Ends a session and gives up everything it holds, without using a retry. */
  async end(
    worker: { readonly workerId: string; readonly sessionId: string },
    reason: string,
  ): Promise<void> {
    const id = `${worker.workerId}/${worker.sessionId}`;
    const known = await this.known.get(id);
    this.known.delete(id);
    if (known === undefined) return;
    this.byKey.delete(known.sessionKey);
    await endSession(this.database, known.sessionKey, new Date(this.clock.now()));
    this.lose(await listTriesOfSession(this.database, known.sessionKey), reason);
  }

  /**
   * A scheduler that died between the commit of a grant and its answer leaves a try nobody knows of. The next
   * one finds it by the first beat it hears, long before the lease would end.
   */
  private async hearFirst(sessionKey: number, held: readonly number[]): Promise<void> {
    const session = this.byKey.get(sessionKey);
    if (session === undefined || session.isHeard) return;
    session.isHeard = true;
    const unheard = { sessionKey, held, at: session.openedAt };
    this.lose(await listUnheardTries(this.database, unheard), 'its grant never reached the worker');
  }

  /** Void by now, here or on another scheduler: its next call is judged by the database. */
  private forget(sessionKey: number): void {
    const session = this.byKey.get(sessionKey);
    if (session !== undefined) session.isEnded = true;
    this.byKey.delete(sessionKey);
  }

  private async open(worker: {
    readonly workerId: string;
    readonly sessionId: string;
    readonly queues?: readonly string[];
  }): Promise<Known> {
    const opened = await openSession(this.database, {
      kind: 'worker',
      name: worker.workerId,
      sessionId: worker.sessionId,
      queues: worker.queues ?? [],
      now: new Date(this.clock.now()),
      leaseMs: LEASE_MS,
    });
    for (const key of opened.superseded) {
      this.forget(key);
      this.lose(await listTriesOfSession(this.database, key), 'the worker was restarted');
    }
    const session = {
      sessionKey: opened.sessionKey,
      openedAt: this.clock.now(),
      isEnded: opened.isEnded,
      isHeard: false,
    };
    this.byKey.set(session.sessionKey, session);
    return session;
  }
}
