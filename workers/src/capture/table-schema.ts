import type { Connection } from 'mysql2/promise';

import type { TableTarget } from './capture-config.ts';
import { queryRows } from './source-connection.ts';
import { defineColumn, type ColumnDefinition } from './table-layout.ts';

/** A table as information_schema describes it now. */
export interface TableSchema {
  readonly table: TableTarget;
  readonly columns: readonly ColumnDefinition[];
  readonly keyColumns: readonly number[];
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly nullable: 'YES' | 'NO';
}

/** Reads columns and primary key; `undefined` when the table does not exist or may not be seen. */
export async function findTableSchema(
  connection: Connection,
  table: TableTarget,
): Promise<TableSchema | undefined> {
  const columnRows = await queryRows<ColumnRow>(
    connection,
    `select column_name as name, column_type as type, is_nullable as nullable
     from information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position`,
    [table.database, table.name],
  );
  if (columnRows.length === 0) return undefined;
  const keyRows = await queryRows<{ name: string }>(
    connection,
    `select column_name as name from information_schema.statistics
     where table_schema = ? and table_name = ? and index_name = 'PRIMARY' order by seq_in_index`,
    [table.database, table.name],
  );
  const columns = columnRows.map((row) => defineColumn(row.name, row.type, row.nullable === 'YES'));
  const keyColumns = keyRows.map((key) => columns.findIndex((column) => column.name === key.name));
  return { table, columns, keyColumns };
}
