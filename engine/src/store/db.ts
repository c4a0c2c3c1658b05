import pg from 'pg';

import { TidegateError, toError } from '../platform/errors.ts';
import { silentLogger, type Logger } from '../platform/log.ts';
import { watchedConnections } from '../platform/silent-postgres.ts';
import { STORE_ERRORS } from './errors.ts';
import { isConnectionLoss } from './pg-errors.ts';
import { pgTypes } from './pg-types.ts';
import { retryConflicts } from './retry-conflicts.ts';
import { TimelineWatch } from './timeline-watch.ts';

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
  /**
   * How long a statement may go unanswered before it fails and its connection is given up: where people wait.
   * (Default: as long as it takes)
   */
  readonly patienceMs?: number;
}

/** The metadata database as everything but the flush uses it. */
export class Database implements Sql {
  readonly url: string;
  /** Checked by each connection that writes, here and of a flush, before it is used. */
  readonly timeline = new TimelineWatch();
  readonly pool: pg.Pool;
  /** Task logs only: slow logging never delays anything else. */
  readonly logs: Sql;
  private readonly logPool: pg.Pool;
  private readonly others: (() => Promise<void>)[] = [];

  constructor(options: DatabaseOptions) {
    const logger = options.logger ?? silentLogger;
    this.url = options.url;
    const parts = { options, logger, timeline: this.timeline };
    this.pool = createPool({ ...parts, max: options.poolSize ?? 4 });
    this.logPool = createPool({ ...parts, max: 1 });
    this.logs = { query: (text, values) => this.run(this.logPool, text, values) };
  }

  async query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<pg.QueryResult<Row>> {
    return this.run<Row>(this.pool, text, values);
  }

  /** Runs `work` in one transaction; a deadlock or serialization failure runs it again after a random pause. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      return await retryConflicts(() => this.attempt(work));
    } catch (thrown) {
      throw asStoreError(thrown);
    }
  }

  /** Has connections of other kinds to this database closed together with it. */
  closeWith(close: () => Promise<void>): void {
    this.others.push(close);
  }

  async close(): Promise<void> {
    const others = this.others.map((close) => close());
    await Promise.all([...others, this.pool.end(), this.logPool.end()]);
  }

  private async run<Row extends pg.QueryResultRow>(
    pool: pg.Pool,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<pg.QueryResult<Row>> {
    try {
      return await pool.query<Row>(text, [...values]);
    } catch (thrown) {
      throw asStoreError(thrown);
    }
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
      // A connection that is lost answers no rollback either.
      if (isConnectionLoss(thrown)) broken = toError(thrown);
      else {
        await client.query('rollback').catch((err: unknown) => {
          broken = toError(err);
        });
      }
      throw thrown;
    } finally {
      client.release(broken);
    }
  }
}

interface PoolParts {
  readonly options: DatabaseOptions;
  readonly max: number;
  readonly logger: Logger;
  readonly timeline: TimelineWatch;
}

function createPool({ options, max, logger, timeline }: PoolParts): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max,
    types: pgTypes,
    application_name: 'tidegate',
    connectionTimeoutMillis: 10_000,
    ...(options.patienceMs === undefined ? {} : { query_timeout: options.patienceMs }),
    keepAlive: true,
    ...watchedConnections(options.url, (client) => timeline.check(client)),
    // Compiling a statement costs more than any of ours takes.
    // A transaction whose process hangs must not hold run rows for ever.
    options: '-c idle_in_transaction_session_timeout=10s -c jit=off',
  });
  // An idle connection that breaks is replaced by the pool; unheard, the event would end the process.
  pool.on('error', (err) => logger.warn({ err }, 'metadata connection lost'));
  // The same for one that breaks while it is lent out: the statement of its user fails, that is enough.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** A connection loss by its name; anything else as it was thrown. */
export function asStoreError(thrown: unknown): unknown {
  if (thrown instanceof TidegateError || !isConnectionLoss(thrown)) return thrown;
  return new TidegateError(
    STORE_ERRORS.unavailable,
    `the metadata database cannot be reached: ${toError(thrown).message}`,
    { retriable: true, cause: thrown },
  );
}
