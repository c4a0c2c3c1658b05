import type { Sql } from '../db.ts';
import { Conditions, type Order, toOrderSql } from './conditions.ts';

/** A file that could not be registered. */
export interface ImportErrorRow {
  /** Made of the file's name: the same as long as the error stands. */
  readonly id: number;
  readonly file: string;
  readonly code: string;
  readonly message: string;
  readonly line: number | null;
  readonly column_number: number | null;
  readonly code_frame: string | null;
  readonly at: Date;
}

// 52 bits of a digest: a number every client can hold.
const ID = `('x' || substr(md5(file), 1, 13))::bit(52)::bigint`;
const ORDERS = { id: ID, timestamp: 'at', filename: 'file' } as const;

/** Import errors by file name. */
export async function listImportErrors(
  sql: Sql,
  filter: {
    readonly id?: number | undefined;
    readonly filePattern?: string | undefined;
    readonly order?: readonly Order<keyof typeof ORDERS>[] | undefined;
    readonly limit: number;
    readonly offset: number;
  },
): Promise<{ errors: ImportErrorRow[]; total: number }> {
  const where = new Conditions()
    .add(filter.id, (value) => `${ID} = ${value}`)
    .addPattern('file', filter.filePattern);
  const { rows } = await sql.query<ImportErrorRow & { total: number }>(
    `select ${ID} as id, file, code, message, line, column_number, code_frame, at,
            count(*) over () as total
       from tidegate.import_error
      where ${where.toSql()}
      order by ${toOrderSql(filter.order, ORDERS, 'file')}
      limit ${where.value(filter.limit)} offset ${where.value(filter.offset)}`,
    where.values,
  );
  return { errors: rows, total: rows[0]?.total ?? 0 };
}
