import pg from 'pg';

import type { Logger } from '../../platform/log.ts';
import { watchedConnections } from '../../platform/silent-postgres.ts';
import { TopicLogError } from '../errors.ts';
import { throughOutages, type OutageOptions } from '../outage.ts';

export interface PostgresConnectionOptions {
  readonly url: string;
  readonly log: Logger;
  /** (Default: 4) */
  readonly poolSize?: number;
}

/** A statement with its values; a name lets the server keep its plan. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

const DEFAULT_POOL_SIZE = 4;

/** Settings of every session: a stopped process may not hold a partition's head row for long. */
export function sessionSettings(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'tidegate topic log',
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 10_000,
    lock_timeout: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: '-c jit=off -c enable_seqscan=off -c timezone=UTC',
  };
}

/** The pool of one topic log, and which of its errors pass by themselves. */
export class PostgresConnections {
  readonly #pool: pg.Pool;

  constructor(options: PostgresConnectionOptions) {
    this.#pool = new pg.Pool({
      ...sessionSettings(options.url),
      max: options.poolSize ?? DEFAULT_POOL_SIZE,
      pipeline: true,
      ...watchedConnections(options.url),
    });
    const { log } = options;
    // A client that breaks says so by an event too, idle or busy, which would end the process unheard.
    this.#pool.on('error', (err) => log.debug({ err }, 'idle topic log connection lost'));
    this.#pool.on('connect', (client) => {
      client.on('error', (err) => log.debug({ err }, 'topic log connection lost'));
    });
  }

  /** One statement, repeated through outages: only for what may run twice. */
  query<Row extends pg.QueryResultRow>(
    statement: Statement,
    outage: Omit<OutageOptions, 'isOutage'> = {},
  ): Promise<Row[]> {
    return throughOutages(() => this.queryOnce<Row>(statement), { ...outage, isOutage });
  }

  async queryOnce<Row extends pg.QueryResultRow>(statement: Statement): Promise<Row[]> {
    return this.#onClient(async (client) => {
      const result = await client.query<Row>(toQuery(statement));
      return result.rows;
    });
  }

  /**
   * All statements in one transaction, sent without waiting in between, so that locks are held for one
   * round trip. Answers the rows of each. Throws the first failure; then nothing is stored. `onSent` is
   * called when the outcome begins to depend on the server.
   */
  async transaction(
    statements: readonly Statement[],
    onSent: () => void = () => undefined,
  ): Promise<pg.QueryResultRow[][]> {
    return this.#onClient(async (client) => {
      onSent();
      const settled = await Promise.allSettled([
        client.query('begin'),
        ...statements.map((each) => client.query<pg.QueryResultRow>(toQuery(each))),
        client.query('commit'),
      ]);
      return settled
        .map((outcome) => {
          if (outcome.status === 'rejected') throw outcome.reason;
          return outcome.value.rows;
        })
        .slice(1, -1);
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #onClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw explainRefusal(error);
    });
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      // A connection whose state is unknown never goes back to the pool.
      client.release(error instanceof pg.DatabaseError && !isOutage(error) ? false : true);
      throw explainRefusal(error);
    }
  }
}

/** Without values the simple protocol is used, which takes several statements in one text. */
function toQuery({ name, text, values }: Statement): pg.QueryConfig {
  if (name === undefined) return { text };
  return { name, text, values: [...values] };
}

/** SQLSTATEs that pass by themselves: connection lost, server stopping or starting, deadlock, lock wait. */
const PASSING_SQLSTATES = new Set([
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03',
  '53300',
  '40001',
  '40P01',
  '55P03',
]);

/** True for errors after which the same statement may succeed: the server is away or busy. */
export function isOutage(error: Error): boolean {
  if (error instanceof TopicLogError) return false;
  if (error instanceof TypeError || error instanceof RangeError) return false;
  if (!(error instanceof pg.DatabaseError)) return true; // socket errors, time-outs of the driver
  const state = error.code ?? '';
  return state.startsWith('08') || PASSING_SQLSTATES.has(state);
}

const REFUSALS = new Set(['28P01', '28000', '3D000', '42501']);

function explainRefusal(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError) || !REFUSALS.has(error.code ?? '')) return error;
  return new TopicLogError(
    'LOG_ACCESS_DENIED',
    `PostgreSQL refuses the topic log: ${error.message}. Check the database, user, password and grants of its URL`,
    { cause: error },
  );
}
