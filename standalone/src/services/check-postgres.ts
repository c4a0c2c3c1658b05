import pg from 'pg';

const OLDEST = 140_000;

/** What a person has to change so that a PostgreSQL named in the environment can be used. */
export class PostgresUnusable extends Error {
  override readonly name = 'PostgresUnusable';
}

/**
 * Connects once and looks: reachable, right password, database there, new enough. Throws `PostgresUnusable`
 * whose message names the variable, the cause and the remedy; it never holds the password.
 */
export async function checkPostgres(variable: string, connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
    const version = Number(rows[0]?.server_version_num);
    if (version < OLDEST) {
      const major = Math.floor(version / 10_000);
      throw new PostgresUnusable(
        `${variable}: PostgreSQL ${major} is too old, 14 or newer is needed: upgrade it, or leave ${variable} out to use the embedded one`,
      );
    }
  } catch (error) {
    if (error instanceof PostgresUnusable) throw error;
    throw new PostgresUnusable(`${variable}: ${explain(error, new URL(connectionString))}`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes tables from a SQL file unless `table` exists already. */
export async function ensureTables(url: string, table: string, statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ found: string | null }>(
      'select to_regclass($1) as found',
      [table],
    );
    if (rows[0]?.found === null) await client.query(statements);
  } finally {
    await client.end();
  }
}

function explain(error: unknown, url: URL): string {
  const place = `${url.hostname}:${url.port === '' ? '5432' : url.port}`;
  const { code, message } = error as { code?: string; message?: string };
  const known: Readonly<Record<string, string>> = {
    '28P01': `PostgreSQL at ${place} refuses user '${url.username}': check user and password`,
    '28000': `PostgreSQL at ${place} refuses user '${url.username}': check user and pg_hba.conf`,
    '3D000': `there is no database '${url.pathname.slice(1)}' at ${place}: create it or correct the name`,
    ECONNREFUSED: `nothing answers at ${place}: is PostgreSQL running there?`,
    ENOTFOUND: `the host '${url.hostname}' is not known: correct the name`,
  };
  return known[code ?? ''] ?? `PostgreSQL at ${place} cannot be used: ${message ?? 'no answer'}`;
}
