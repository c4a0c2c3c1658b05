import type { DecimalMode, TableTarget } from './capture-config.ts';
import { parseColumnType, type ColumnType } from './column-type.ts';
import { captureError } from './errors.ts';
import { createValueEncoder, type ValueEncoder } from './value-encoding.ts';

/** A column as one of the two readers describes it. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

/** What a table's rows look like, and the compiled way to write them. */
export interface TableLayout {
  readonly table: TableTarget;
  readonly columns: readonly ColumnDefinition[];
  /** Indexes into `columns`, in the order of the primary key. */
  readonly keyColumns: readonly number[];
  /** `{"id":1,"name":"a"}` of a row addressed by column name (binlog). */
  readonly encodeNamed: RowEncoder;
  /** The same of a row addressed by column index (snapshot). */
  readonly encodeIndexed: RowEncoder;
  readonly encodeNamedKey: RowEncoder;
  readonly encodeIndexedKey: RowEncoder;
}

export type Row = Readonly<Record<string | number, unknown>>;
export type RowEncoder = (row: Row) => string;

export interface LayoutSource {
  readonly table: TableTarget;
  readonly columns: readonly ColumnDefinition[];
  readonly keyColumns: readonly number[];
  readonly decimals: DecimalMode;
}

/** Compiles the encoders of a table. Throws `CAPTURE_NO_PRIMARY_KEY`. */
export function createTableLayout(source: LayoutSource): TableLayout {
  const { table, columns, keyColumns } = source;
  if (keyColumns.length === 0)
    throw captureError(
      'CAPTURE_NO_PRIMARY_KEY',
      `table ${table.id} has no primary key, so its changes cannot be told apart: add one (alter table ${table.id} add primary key (…)) and snapshot again`,
      { details: { table: table.id } },
    );
  const encoders = columns.map((column) =>
    createValueEncoder({ ...column, decimals: source.decimals }),
  );
  const cell = (index: number, address: string | number): Cell => ({
    label: `${JSON.stringify(columns[index]?.name)}:`,
    address,
    encode: encoders[index] as ValueEncoder,
  });
  const all = columns.map((_, index) => index);
  const named = (index: number): Cell => cell(index, columns[index]?.name as string);
  const indexed = (index: number): Cell => cell(index, index);
  return {
    table,
    columns,
    keyColumns,
    encodeNamed: createRowEncoder(all.map(named)),
    encodeIndexed: createRowEncoder(all.map(indexed)),
    encodeNamedKey: createRowEncoder(keyColumns.map(named)),
    encodeIndexedKey: createRowEncoder(keyColumns.map(indexed)),
  };
}

interface Cell {
  readonly label: string;
  readonly address: string | number;
  readonly encode: ValueEncoder;
}

/** Concatenation is the fastest way to a row's JSON: labels are escaped once, values by type. */
function createRowEncoder(cells: readonly Cell[]): RowEncoder {
  return (row) => {
    let json = '{';
    for (const { label, address, encode } of cells) {
      const value = row[address];
      if (json.length > 1) json += ',';
      json += label;
      json += value === null ? 'null' : encode(value);
    }
    return json + '}';
  };
}

/** A column from its declared type text. */
export function defineColumn(name: string, typeText: string, nullable: boolean): ColumnDefinition {
  return { name, type: parseColumnType(typeText), nullable };
}
