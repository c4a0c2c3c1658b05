import type { Sql } from './db.ts';

/** Keeps bytes under their hash; a repeat changes nothing. */
export async function saveArtefact(sql: Sql, hash: string, data: Buffer): Promise<void> {
  await sql.query(
    'insert into tidegate.artefact (hash, data) values ($1, $2) on conflict do nothing',
    [hash, data],
  );
}

export async function readArtefact(sql: Sql, hash: string): Promise<Buffer | undefined> {
  const result = await sql.query<{ data: Buffer }>(
    'select data from tidegate.artefact where hash = $1',
    [hash],
  );
  return result.rows[0]?.data;
}
