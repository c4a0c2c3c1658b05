import { asStoreError } from '../db.ts';
import { FlushConnection, type FlushDatabase } from '../flush/flush-connection.ts';
import { retryConflicts } from '../retry-conflicts.ts';

/** Two, so that a DAG whose row another scheduler holds does not hold up the others. */
const CONNECTIONS = 2;

/**
 * The connections runs are made over: like the flush's they have the planner pinned and send a trip's
 * statements together, so that making a run takes two round trips. Opened when first needed.
 */
export class RunConnections {
  private readonly all: readonly FlushConnection[];
  private readonly idle: FlushConnection[];
  private readonly waiting: ((connection: FlushConnection) => void)[] = [];

  constructor(place: FlushDatabase) {
    this.all = Array.from({ length: CONNECTIONS }, () => new FlushConnection(place));
    this.idle = [...this.all];
  }

  /**
   * Runs `work`, which begins and commits a transaction of its own; after an error it is rolled back. A
   * deadlock or serialization failure runs it again after a random pause.
   */
  async transaction<T>(work: (connection: FlushConnection) => Promise<T>): Promise<T> {
    try {
      return await retryConflicts(() => this.attempt(work));
    } catch (thrown) {
      throw asStoreError(thrown);
    }
  }

  /** Nothing may be under way. */
  async close(): Promise<void> {
    await Promise.all(this.all.map((connection) => connection.drop()));
  }

  private async attempt<T>(work: (connection: FlushConnection) => Promise<T>): Promise<T> {
    const connection = await this.borrow();
    try {
      await connection.open();
      return await work(connection);
    } catch (thrown) {
      await connection.rollBack(thrown);
      throw thrown;
    } finally {
      this.giveBack(connection);
    }
  }

  private borrow(): Promise<FlushConnection> {
    // The one used last, so that a quiet scheduler keeps one open only.
    const connection = this.idle.pop();
    if (connection !== undefined) return Promise.resolve(connection);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private giveBack(connection: FlushConnection): void {
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(connection);
    else next(connection);
  }
}
