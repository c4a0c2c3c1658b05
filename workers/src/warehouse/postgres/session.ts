import { ASK_MS, destroyConnection, watchSilence } from '@tidegate/engine/platform';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

import { ConnectionLost } from './outage.ts';

/**
 * Settings of a loader's connection. The planner is pinned because it knows nothing of a temporary table:
 * with `jit` on a load is six times slower, with hash or merge joins it reads whole tables for a few rows.
 * The time-outs end what a paused or vanished loader left open, so that it never holds the target's lock.
 */
const SESSION_SETTINGS = `
set timezone = 'UTC'; set client_encoding = 'UTF8'; set standard_conforming_strings = on;
set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres';
set jit = off; set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;
set plan_cache_mode = force_generic_plan;
set lock_timeout = '10s'; set statement_timeout = 0; set idle_in_transaction_session_timeout = '60s';
set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3`;

/** A connection made ready for one kind of work. Any failure of the connection is a `ConnectionLost`. */
export class Session<Prepared> {
  /** What preparing it found out. */
  readonly prepared: Prepared;
  readonly #client: pg.Client;
  #isBroken = false;

  private constructor(client: pg.Client, prepared: Prepared) {
    this.#client = client;
    this.prepared = prepared;
    client.on('error', () => {
      this.#isBroken = true;
    });
    client.on('end', () => {
      this.#isBroken = true;
    });
  }

  /** Connects with the loader's settings and prepares. */
  static async open<Prepared>(
    uri: string,
    prepare: (client: pg.Client) => Promise<Prepared>,
  ): Promise<Session<Prepared>> {
    const client = await connect(uri);
    try {
      return new Session(client, await prepare(client));
    } catch (error) {
      await client.end().catch(() => undefined);
      throw asConnectionLost(error);
    }
  }

  /** False once the connection failed. */
  get isUsable(): boolean {
    return !this.#isBroken;
  }

  /** Runs a message of one or more statements; answers the rows of the last one. */
  async run(message: string): Promise<readonly Record<string, unknown>[]> {
    try {
      const result = (await this.#client.query(message)) as unknown as QueryRows | QueryRows[];
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
    } catch (error) {
      throw this.#noticed(error);
    }
  }

  /** Begins a transaction and fills its stage. */
  async stage(copyStatement: string, text: Buffer): Promise<void> {
    await this.run('begin');
    try {
      const copy = this.#client.query(copyFrom(copyStatement));
      await new Promise<void>((resolve, reject) => {
        copy.once('error', reject);
        copy.once('finish', resolve);
        copy.end(text);
      });
    } catch (error) {
      throw this.#noticed(error);
    }
  }

  /** Ends a transaction that failed. */
  async rollback(): Promise<void> {
    if (this.isUsable) await this.run('rollback');
  }

  /** Cuts the connection at once; whatever it is doing rejects. */
  destroy(): void {
    this.#isBroken = true;
    destroyConnection(this.#client);
  }

  async close(): Promise<void> {
    this.#isBroken = true;
    await this.#client.end().catch(() => undefined);
  }

  #noticed(error: unknown): unknown {
    const noticed = asConnectionLost(error);
    // The socket may be half open: whoever gave up on it must not leave it behind.
    if (noticed instanceof ConnectionLost) this.destroy();
    return noticed;
  }
}

interface QueryRows {
  readonly rows: readonly Record<string, unknown>[];
}

/**
 * A connection with the loader's settings, given up when the network swallows its packets. Throws `ConnectionLost`,
 * or the server's refusal.
 */
export async function connect(uri: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: uri,
    application_name: 'tidegate loader',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: ASK_MS,
  });
  // Without a listener, a connection lost between two queries would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await watchSilence(client, uri);
    await client.query(SESSION_SETTINGS);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw asConnectionLost(error);
  }
}

/** The server's own errors carry an SQLSTATE; everything else the driver throws is a failed connection. */
function asConnectionLost(error: unknown): unknown {
  const isOurs = error instanceof Error && error.name === 'TidegateError';
  return error instanceof pg.DatabaseError || isOurs ? error : new ConnectionLost(error);
}
