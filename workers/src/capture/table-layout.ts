import type { DecimalMode, TableTarget } from './capture-config.ts';
import { parseColumnType, type ColumnType } from './column-type.ts';
import { captureError } from './errors.ts';
import { createKeyEncoder, createValueEncoder, type ValueEncoder } from './value-encoding.ts';

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
  const options = columns.map((column) => ({ ...column, decimals: source.decimals }));
  const encoders = options.map(createValueEncoder);
  const keyEncoders = options.map(createKeyEncoder);
  const cellsOf = (
    indexes: readonly number[],
    from: readonly ValueEncoder[],
    address: (index: number) => string | number,
  ): Cell[] =>
    indexes.map((index) => ({
      label: `${JSON.stringify(columns[index]?.name)}:`,
      address: address(index),
      encode: from[index] as ValueEncoder,
    }));
  const all = columns.map((_, index) => index);
  const byName = (index: number): string => columns[index]?.name as string;
  const byIndex = (index: number): number => index;
  return {
    table,
    columns,
    keyColumns,
    encodeNamed: createRowEncoder(cellsOf(all, encoders, byName)),
    encodeIndexed: createRowEncoder(cellsOf(all, encoders, byIndex)),
    encodeNamedKey: createRowEncoder(cellsOf(keyColumns, keyEncoders, byName)),
    encodeIndexedKey: createRowEncoder(cellsOf(keyColumns, keyEncoders, byIndex)),
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
