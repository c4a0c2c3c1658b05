import type { Sql } from './db.ts';

/** Run keys a partition of the tables below a run: the first begins at 1. */
export const KEYS_A_PARTITION = 1_000_000;

/**
 * Keeps a partition ready behind the one in use. Made before the key sequence reaches it, so that creating a
 * run never waits for one.
 */
export async function createPartitions(sql: Sql): Promise<void> {
  const result = await sql.query<{ last: number }>(
    `select last_value as last from tidegate.dag_run_run_key_seq`,
  );
  const last = result.rows[0]?.last ?? 1;
  const first = Math.floor((last - 1) / KEYS_A_PARTITION) * KEYS_A_PARTITION + 1;
  for (const from of [first, first + KEYS_A_PARTITION]) {
    await sql.query('select tidegate.create_run_partition($1, $2)', [
      from,
      from + KEYS_A_PARTITION,
    ]);
  }
}
