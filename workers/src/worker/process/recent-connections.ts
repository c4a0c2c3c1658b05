import type { Connection } from '@tidegate/engine/dag';

/** How long a changed connection may stay unnoticed by a task that begins. */
const KEPT_MS = 5_000;

interface Kept {
  readonly connection: Connection;
  readonly untilMs: number;
}

/**
 * Connections that tasks of this process were given lately: the short tasks of a stream need not ask for
 * theirs at every run. Whoever takes one must be allowed to by its grant.
 */
export class RecentConnections {
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  /** `now`: milliseconds of a clock that only goes forward. (Default: since this process started) */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The caller's own copy. */
  find(id: string): Connection | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined || kept.untilMs <= this.#now()) return undefined;
    return structuredClone(kept.connection);
  }

  keep(connection: Connection): void {
    const untilMs = this.#now() + KEPT_MS;
    this.#kept.set(connection.id, { connection: structuredClone(connection), untilMs });
  }

  /** A task that may use these did not succeed: the next one asks for what is true by then. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#kept.delete(id);
  }
}
