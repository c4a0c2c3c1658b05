import { setTimeout as pause } from 'node:timers/promises';

/** What is used of a connected client of `pg`, wherever it is opened. */
export interface PostgresClient {
  query(statement: Question): Promise<{ readonly rows: readonly unknown[] }>;
  on(event: 'end' | 'error', listener: () => void): unknown;
}

interface Question {
  readonly text: string;
  readonly values?: unknown[];
  readonly query_timeout: number;
}

/** The same client's socket and what it waits for, which its types leave out. */
interface Insides {
  readonly connection: {
    readonly stream: { readonly bytesRead: number; destroy(): void };
  };
  _getActiveQuery(): unknown;
}

/** Deadline for questions any server answers at once; to connect takes as long at most. */
export const ASK_MS = 5_000;

const LOOK_MS = 1_000;
const SILENT_MS = 2_000;
/** An answer that was on its way while the server was asked. */
const GRACE_MS = 500;
/** A server that waits for its client may be fed slowly, as with a large COPY. */
const STUCK_MS = 15_000;

const BACKEND = `pid || ' ' || extract(epoch from backend_start)`;
/** What `pg_stat_activity` shows, of one backend and without looking at the others. */
const WHO_AM_I = `select ${BACKEND} as id from pg_stat_get_activity(pg_backend_pid())`;
const IS_AT_WORK = `
  select coalesce(wait_event_type = 'Client', false) as "waitsForUs"
    from pg_stat_get_activity(split_part($1, ' ', 1)::int)
   where ${BACKEND} = $1
     and coalesce(state, '') not like 'idle%'`;

/**
 * Has a connection given up that died without a word: the network swallows its packets, and TCP would wait for a
 * quarter of an hour. Statements may take their time all the same, which no time-out can tell apart: so of one that
 * is silent for seconds the server is asked, over a connection of its own, whether it is still at work for it. If it
 * is not, or nothing answers, the socket is destroyed and what waits for it rejects as with any lost connection.
 *
 * Rejects when the connection breaks meanwhile. `url` is where it is connected to.
 */
export async function watchSilence(client: PostgresClient, url: string): Promise<void> {
  const { rows } = await client.query({ text: WHO_AM_I, query_timeout: ASK_MS });
  const { id } = rows[0] as { readonly id: string };
  const watch = new SilenceWatch(client, (silentMs) => isAtWork(url, id, silentMs));
  const timer = setInterval(() => watch.look(), LOOK_MS).unref();
  client.on('end', () => clearInterval(timer));
}

/**
 * Has a pool do so for each connection it opens, and then what `check` does: it waits for it before it lends one, whatever
 * its types say. A connection that `check` rejects is closed.
 */
export function watchedConnections(
  url: string,
  check: (client: PostgresClient) => Promise<void> = () => Promise.resolve(),
): { readonly onConnect: (client: PostgresClient) => Promise<void> } {
  return {
    onConnect: async (client) => {
      await watchSilence(client, url);
      await check(client);
    },
  };
}

/** Breaks a connection at once. Saying goodbye first would wait for what a dead one still owes. */
export function destroyConnection(client: object): void {
  (client as Insides).connection.stream.destroy();
}

class SilenceWatch {
  readonly #client: PostgresClient & Insides;
  readonly #isAtWork: (silentMs: number) => Promise<boolean>;
  #bytesRead = 0;
  #heardAtMs = performance.now();
  #isAsking = false;

  constructor(client: object, isAtWork: (silentMs: number) => Promise<boolean>) {
    this.#client = client as PostgresClient & Insides;
    this.#isAtWork = isAtWork;
  }

  look(): void {
    if (this.#isAsking || !this.#isSilent()) return;
    const silentMs = performance.now() - this.#heardAtMs;
    if (silentMs < SILENT_MS) return;
    this.#isAsking = true;
    void this.#doubt(silentMs).finally(() => {
      this.#isAsking = false;
    });
  }

  /** Whether an answer is owed and nothing came since the last look. */
  #isSilent(): boolean {
    const { bytesRead } = this.#client.connection.stream;
    const isSilent = bytesRead === this.#bytesRead && Boolean(this.#client._getActiveQuery());
    if (!isSilent) this.#heardAtMs = performance.now();
    this.#bytesRead = bytesRead;
    return isSilent;
  }

  async #doubt(silentMs: number): Promise<void> {
    if (await this.#isAtWork(silentMs)) return;
    await pause(GRACE_MS, undefined, { ref: false });
    if (this.#isSilent()) destroyConnection(this.#client);
  }
}

async function isAtWork(url: string, id: string, silentMs: number): Promise<boolean> {
  // Whoever has a client to watch has loaded the driver; programs without a database do without it.
  const { default: pg } = await import('pg');
  const probe = new pg.Client({
    connectionString: url,
    application_name: 'tidegate probe',
    connectionTimeoutMillis: ASK_MS,
  });
  probe.on('error', () => undefined);
  try {
    await probe.connect();
    const asked = { text: IS_AT_WORK, values: [id], query_timeout: ASK_MS };
    const { rows } = await probe.query(asked);
    const found = rows[0] as { readonly waitsForUs: boolean } | undefined;
    return found !== undefined && (!found.waitsForUs || silentMs < STUCK_MS);
  } catch (thrown) {
    // It refuses to be asked (too many connections, say), so it is there.
    return isRefusal(thrown);
  } finally {
    probe.end().catch(() => undefined);
  }
}

/** The server's own errors carry an SQLSTATE. */
function isRefusal(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null || !('severity' in thrown)) return false;
  return thrown.severity !== undefined;
}
