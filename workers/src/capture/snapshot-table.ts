import type { Connection } from 'mysql2/promise';

import type { ChunkState, TableState } from './capture-state.ts';
import { compareKey, keyList, toKeyText, type KeyText } from './snapshot-keys.ts';
import { queryArrays, type SnapshotView } from './snapshot-view.ts';
import { quoteName } from './source-connection.ts';
import type { ColumnDefinition } from './table-layout.ts';
import type { TableSchema } from './table-schema.ts';

function keyDefinitions(schema: TableSchema): ColumnDefinition[] {
  return schema.keyColumns.map((index) => schema.columns[index] as ColumnDefinition);
}

function fromTable(schema: TableSchema): string {
  const { database, name } = schema.table;
  return `from ${quoteName(database)}.${quoteName(name)} force index (primary)`;
}

function afterKey(schema: TableSchema, lastKey: KeyText | null): string {
  return lastKey === null ? '' : `where ${compareKey(keyDefinitions(schema), lastKey, '>')}`;
}

export interface ChunkRequest {
  readonly connection: Connection;
  readonly schema: TableSchema;
  readonly lastKey: KeyText | null;
  readonly view: SnapshotView;
  readonly chunkRows: number;
}

/** Bounds of the next chunk in the open view; `undefined` when no row is left. */
export async function planChunk(request: ChunkRequest): Promise<ChunkState | undefined> {
  const { connection, schema, lastKey, view, chunkRows } = request;
  const keys = keyDefinitions(schema);
  const select = `select ${keyList(keys)} ${fromTable(schema)} ${afterKey(schema, lastKey)}`;
  const base = { position: view.position, readAtMs: view.readAtMs };
  const [full] = await queryArrays(
    connection,
    `${select} order by ${keyList(keys)} limit 1 offset ${chunkRows - 1}`,
  );
  if (full !== undefined) return { ...base, upTo: toKeyText(full), isLast: false };
  const [last] = await queryArrays(
    connection,
    `${select} order by ${keyList(keys, ' desc')} limit 1`,
  );
  return last === undefined ? undefined : { ...base, upTo: toKeyText(last), isLast: true };
}

/** The chunk's rows in key order, behind what is produced already. */
export async function readChunk(
  connection: Connection,
  schema: TableSchema,
  table: Pick<TableState, 'lastKey' | 'chunk'>,
): Promise<unknown[][]> {
  const { lastKey, chunk } = table;
  if (chunk === null) return [];
  const keys = keyDefinitions(schema);
  const upTo = compareKey(keys, chunk.upTo, '<=');
  const after = lastKey === null ? '' : `${compareKey(keys, lastKey, '>')} and `;
  const columns = schema.columns.map(selectColumn).join(', ');
  return queryArrays(
    connection,
    `select ${columns} ${fromTable(schema)} where ${after}${upTo} order by ${keyList(keys)}`,
  );
}

/** A FLOAT prints with six digits only; as a double it comes whole. (MySQL casts to it from 8.0.17 on.) */
function selectColumn(column: ColumnDefinition): string {
  const name = quoteName(column.name);
  return column.type.base === 'float' ? `${name} * 1e0` : name;
}

/** The key of a row in select order. */
export function keyOfRow(schema: TableSchema, row: readonly unknown[]): KeyText {
  return toKeyText(schema.keyColumns.map((index) => row[index]));
}
