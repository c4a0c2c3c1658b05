import type { Sql } from './db.ts';

/** The database's time, in milliseconds since the epoch. */
export async function readDatabaseTime(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ ms: number }>(
    'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
  );
  return rows[0]?.ms ?? Number.NaN;
}
