import type { Duplex } from 'node:stream';

import pg from 'pg';

import { TidegateError, toError } from '../../platform/errors.ts';
import { ASK_MS, destroyConnection, watchSilence } from '../../platform/silent-postgres.ts';
import { STORE_ERRORS } from '../errors.ts';
import { isConnectionLoss } from '../pg-errors.ts';
import { pgTypes } from '../pg-types.ts';
import type { TimelineWatch } from '../timeline-watch.ts';

/**
 * Every statement on this connection goes by primary key from a short array. Left alone, a named statement
 * takes its generic plan while the tables are small, a sequential scan, and keeps it as they grow (10,000
 * tasks in 3.5 s instead of 0.9). With those plans forbidden, one without an index path costs 10^10, which
 * would start the JIT compiler at 25 ms a flush: hence `jit=off`.
 */
const PINNED = [
  '-c plan_cache_mode=force_generic_plan',
  '-c enable_seqscan=off',
  '-c enable_hashjoin=off',
  '-c enable_mergejoin=off',
  '-c jit=off',
  // What a scheduler that vanished had locked is free again within the five seconds in which work must go on.
  '-c idle_in_transaction_session_timeout=4s',
].join(' ');

/** A statement as the server keeps it: parsed and planned once a connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export type Rows = readonly (readonly unknown[])[];

/** Settings that make the server tell its plans, and who listens: how a test guards the planner. */
export interface ExplainOptions {
  readonly options: string;
  readonly onNotice: (text: string) => void;
}

/** Where flushes go: a `Database`, or by hand one whose timeline nobody watches. */
export interface FlushDatabase {
  readonly url: string;
  readonly timeline?: TimelineWatch;
}

/** The driver's own socket, which its types leave out. */
interface WithStream {
  readonly connection: { readonly stream: Duplex };
}

/** The one connection flushes go over: planner pinned, statements named, a trip sent together. */
export class FlushConnection {
  private readonly place: FlushDatabase;
  private readonly explain: ExplainOptions | undefined;
  private client: pg.Client | null = null;
  private isGathering = false;

  constructor(place: FlushDatabase, explain?: ExplainOptions) {
    this.place = place;
    this.explain = explain;
  }

  async open(): Promise<void> {
    if (this.client !== null) return;
    const client = new pg.Client({
      connectionString: this.place.url,
      application_name: 'tidegate flush',
      options: `${PINNED} ${this.explain?.options ?? ''}`,
      pipeline: true,
      types: pgTypes,
      keepAlive: true,
      connectionTimeoutMillis: ASK_MS,
    });
    client.on('notice', (notice) => this.explain?.onNotice(notice.message ?? ''));
    client.on('error', () => {
      if (this.client === client) this.client = null;
    });
    client.on('end', () => {
      if (this.client === client) this.client = null;
    });
    await client.connect();
    try {
      await watchSilence(client, this.place.url);
      await this.place.timeline?.check(client);
    } catch (thrown) {
      destroyConnection(client);
      throw thrown;
    }
    this.client = client;
  }

  /** Queues one statement of the current trip; nothing waits until `together`. */
  send(statement: Statement, values: readonly unknown[] = []): Promise<Rows> {
    const client = this.client;
    if (client === null) {
      return Promise.reject(
        new TidegateError(STORE_ERRORS.unavailable, 'the flush connection is lost', {
          retriable: true,
        }),
      );
    }
    this.gather(client);
    return client
      .query({ ...statement, values: [...values], rowMode: 'array' })
      .then((result) => result.rows);
  }

  /**
   * Sends a trip's statements as one write: a write each costs a system call each, a third of a flush's time
   * on this side.
   */
  private gather(client: pg.Client): void {
    if (this.isGathering) return;
    this.isGathering = true;
    const { stream } = (client as unknown as WithStream).connection;
    stream.cork();
    process.nextTick(() => {
      this.isGathering = false;
      stream.uncork();
    });
  }

  /** Ends a transaction that met an error, so that the connection can be used again. */
  async rollBack(error: unknown): Promise<void> {
    if (isConnectionLoss(error)) await this.drop();
    else await this.send(ROLLBACK).catch(() => this.drop());
  }

  /** Drops the connection: what it had open rolls back. */
  async drop(): Promise<void> {
    const client = this.client;
    this.client = null;
    if (client === null) return;
    const ended = client.end();
    // By itself it waits for the answers to everything sent: a dead connection gives none.
    destroyConnection(client);
    await ended;
  }
}

/**
 * Waits for a whole trip and throws its first error: those behind it only say that the transaction is
 * aborted, and a COMMIT behind a failed statement rolls back and still resolves.
 */
export async function together<T extends readonly Promise<unknown>[]>(
  trip: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(trip);
  for (const result of results) {
    if (result.status === 'rejected') throw toError(result.reason);
  }
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}

export const BEGIN: Statement = { name: 'begin', text: 'begin' };
export const COMMIT: Statement = { name: 'commit', text: 'commit' };
const ROLLBACK: Statement = { name: 'rollback', text: 'rollback' };
