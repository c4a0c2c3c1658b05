/**
 * Types of source columns, written as in the source's DDL. `string` stands for every text type, `json` for
 * JSON, `enum`, `set` and `uuid` columns are `string`.
 */
export type ColumnType =
  | 'boolean'
  | 'int'
  | 'bigint'
  | 'bigint unsigned'
  | 'double'
  | `decimal(${number},${number})`
  | 'string'
  | 'bytes'
  | 'json'
  | 'date'
  | 'time'
  | 'datetime'
  | `datetime(${number})`
  | 'timestamp';

export type Columns = Readonly<Record<string, ColumnType>>;

/**
 * What a column's value is in TypeScript. Integers beyond 2^53 are `bigint`, decimals and times are exact
 * text: `datetime` without a zone, `timestamp` in UTC.
 */
export type ColumnValue<Type extends ColumnType> = Type extends 'boolean'
  ? boolean
  : Type extends 'int' | 'double'
    ? number
    : Type extends 'bigint' | 'bigint unsigned'
      ? number | bigint
      : Type extends 'bytes'
        ? Buffer
        : string;

/** A decoded row. Key columns are never null; any other may be. */
export type Row<Cols extends Columns, Key extends keyof Cols> = {
  readonly [Name in keyof Cols]: Name extends Key
    ? ColumnValue<Cols[Name]>
    : ColumnValue<Cols[Name]> | null;
};

const DECIMAL = /^decimal\((\d+),(\d+)\)$/;
const DATETIME = /^datetime\(([0-6])\)$/;

/** Scale of a decimal type, undefined for any other. */
export function decimalScale(type: ColumnType): number | undefined {
  const match = DECIMAL.exec(type);
  return match === null ? undefined : Number(match[2]);
}

/** Fraction digits of a datetime type, undefined for any other. */
export function datetimePrecision(type: ColumnType): number | undefined {
  if (type === 'datetime') return 0;
  const match = DATETIME.exec(type);
  return match === null ? undefined : Number(match[1]);
}
