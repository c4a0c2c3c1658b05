import pg from 'pg';

import { TidegateError, toError } from '../platform/errors.ts';
import { silentLogger, type Logger } from '../platform/log.ts';
import { STORE_ERRORS } from './errors.ts';
import { isConflict, isConnectionLoss, randomPause } from './pg-errors.ts';
import { pgTypes } from './pg-types.ts';

/** Whatever runs statements: the pool, a client, a transaction. */
export interface Sql {
  query<Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<pg.QueryResult<Row>>;
}

/** Statements of one transaction. */
export type Tx = Sql;

export interface DatabaseOptions {
  readonly url: string;
  readonly logger?: Logger;
  /** Connections for everything but the flush, the logs and LISTEN. (Default: 4) */
  readonly poolSize?: number;
}

const CONFLICT_ATTEMPTS = 20;

/** The metadata database as everything but the flush uses it. */
export class Database implements Sql {
  readonly url: string;
  readonly pool: pg.Pool;

  constructor(options: DatabaseOptions) {
    const logger = options.logger ?? silentLogger;
    this.url = options.url;
    this.pool = new pg.Pool({
      connectionString: options.url,
      max: options.poolSize ?? 4,
      types: pgTypes,
      application_name: 'tidegate',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      // A transaction whose process hangs must not hold run rows for ever.
      options: '-c idle_in_transaction_session_timeout=30s',
    });
    // An idle connection that breaks is replaced by the pool; unheard, the event would end the process.
    this.pool.on('error', (err) => logger.warn({ err }, 'metadata connection lost'));
  }

  async query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<pg.QueryResult<Row>> {
    try {
      return await this.pool.query<Row>(text, [...values]);
    } catch (thrown) {
      throw asStoreError(thrown);
    }
  }

  /** Runs `work` in one transaction; a deadlock or serialization failure runs it again after a random pause. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work);
      } catch (thrown) {
        if (!isConflict(thrown) || attempt === CONFLICT_ATTEMPTS) throw asStoreError(thrown);
        await randomPause();
      }
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async attempt<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (thrown) {
      await client.query('rollback').catch((err: unknown) => {
        broken = toError(err);
      });
      throw thrown;
    } finally {
      client.release(broken);
    }
  }
}

function asStoreError(thrown: unknown): unknown {
  if (!isConnectionLoss(thrown)) return thrown;
  return new TidegateError(
    STORE_ERRORS.unavailable,
    `the metadata database cannot be reached: ${toError(thrown).message}`,
    { retriable: true, cause: thrown },
  );
}
