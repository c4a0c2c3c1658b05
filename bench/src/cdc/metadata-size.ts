import type pg from 'pg';

export interface MetadataSize {
  readonly rows: number;
  readonly bytes: number;
}

/** `flush_delta` is left out: it keeps a minute. */
const TABLES = `
select quote_ident(relname) as name, pg_total_relation_size(oid)::float8 as bytes
  from pg_class
 where relnamespace = 'tidegate'::regnamespace and relkind = 'r' and relname <> 'flush_delta'`;

/** All rows of the metadata, and the bytes of its tables and their indexes. */
export async function measureMetadata(metadata: pg.Client): Promise<MetadataSize> {
  const tables = await metadata.query<{ name: string; bytes: number }>(TABLES);
  let rows = 0;
  let bytes = 0;
  for (const table of tables.rows) {
    const counted = await metadata.query<{ rows: string }>(
      `select count(*) as rows from tidegate.${table.name}`,
    );
    rows += Number(counted.rows[0]?.rows);
    bytes += table.bytes;
  }
  return { rows, bytes };
}
