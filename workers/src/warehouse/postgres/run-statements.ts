import { ASK_MS, watchSilence } from '@tidegate/engine/platform';
import pg from 'pg';

import { ConnectionLost } from './outage.ts';
import { throughOutages, type WaitContext } from './waiting.ts';

export interface RunStatementsOptions {
  readonly uri: string;
  readonly connection: string;
  readonly sql: string;
}

export type SqlSummary = { readonly rows: number };

/**
 * Runs statements in one transaction. Waits for the server to be there; a connection lost while they run
 * fails the try, since nobody knows whether they were committed and they may not bear repeating.
 */
export async function runStatements(
  context: WaitContext,
  options: RunStatementsOptions,
): Promise<SqlSummary> {
  const client = await throughOutages(context, `PostgreSQL ${options.connection}`, () =>
    connected(options.uri),
  );
  const onAbort = (): void => void client.end().catch(() => undefined);
  context.signal.addEventListener('abort', onAbort);
  try {
    const result = (await client.query(options.sql)) as pg.QueryResult | pg.QueryResult[];
    await client.query('commit');
    const results = Array.isArray(result) ? result : [result];
    return { rows: results.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0) };
  } finally {
    context.signal.removeEventListener('abort', onAbort);
    await client.end().catch(() => undefined);
  }
}

/** In a transaction. */
async function connected(uri: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: uri,
    application_name: 'tidegate task',
    keepAlive: true,
    connectionTimeoutMillis: ASK_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await watchClient(client);
    await client.query('begin');
    // Within the transaction: a pooler in between may give another backend to the next one.
    await watchSilence(client, uri);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error instanceof pg.DatabaseError ? error : new ConnectionLost(error);
  }
}

/**
 * A server does not notice that its client is gone before the statement ends: one of an aborted or killed
 * task would run on, hold its locks, and stand in the way of the next try. So have it look every second.
 */
async function watchClient(client: pg.Client): Promise<void> {
  try {
    await client.query(`set client_connection_check_interval = '1s'`);
  } catch (error) {
    // Servers on systems that cannot tell refuse the setting; the statements run all the same.
    if (!(error instanceof pg.DatabaseError)) throw error;
  }
}
