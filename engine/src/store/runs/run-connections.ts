import { asStoreError } from '../db.ts';
import { FlushConnection, ROLLBACK } from '../flush/flush-connection.ts';
import { isConflict, isConnectionLoss, randomPause } from '../pg-errors.ts';

/** Two, so that a DAG whose row another scheduler holds does not hold up the others. */
const CONNECTIONS = 2;
const CONFLICT_ATTEMPTS = 20;

/**
 * The connections runs are made over: like the flush's they have the planner pinned and send a trip's
 * statements together, so that making a run takes two round trips. Opened when first needed.
 */
export class RunConnections {
  private readonly all: readonly FlushConnection[];
  private readonly idle: FlushConnection[];
  private readonly waiting: ((connection: FlushConnection) => void)[] = [];

  constructor(url: string) {
    this.all = Array.from({ length: CONNECTIONS }, () => new FlushConnection(url));
    this.idle = [...this.all];
  }

  /**
   * Runs `work`, which begins and commits a transaction of its own; after an error it is rolled back. A
   * deadlock or serialization failure runs it again after a random pause.
   */
  async transaction<T>(work: (connection: FlushConnection) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work);
      } catch (thrown) {
        if (!isConflict(thrown) || attempt === CONFLICT_ATTEMPTS) throw asStoreError(thrown);
        await randomPause();
      }
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
      if (isConnectionLoss(thrown)) await connection.drop();
      else await connection.send(ROLLBACK).catch(() => connection.drop());
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
