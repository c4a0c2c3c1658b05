import type { Values } from './change.ts';
import type { ChangeTable } from './change-table.ts';
import { columnDecoder, inexact, type ColumnDecoder, type Encoding } from './column-decoder.ts';
import type { ColumnType } from './column-type.ts';
import { RecordError } from './errors.ts';
import type { TimeUnit } from './time-text.ts';
import { isUnavailable, markUnavailable } from './unavailable.ts';

/**
 * Decodes a parsed row in place, which keeps the object's shape and costs nothing for the many columns
 * whose JSON value already is the value. Answers `inexact` when the record has to be parsed exactly.
 */
export type RowDecoder = (row: Values) => Values | typeof inexact;

/** A column of a record that carries its schema. */
export interface FieldSchema {
  readonly field?: string;
  readonly name?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

interface Column {
  readonly name: string;
  readonly decode: ColumnDecoder;
  readonly isKey: boolean;
  /** A placeholder can be decoded like any other value. */
  readonly isText: boolean;
}

/** Compiles the decoder of a table's rows; `fields`, where the record has them, overrule its encoding. */
export function rowDecoder(table: ChangeTable, fields: readonly FieldSchema[] = []): RowDecoder {
  const columns: readonly Column[] = Object.entries(table.columns).map(([name, type]) => {
    const decode = columnDecoder(type, encodingOf(table, fieldOf(fields, name)));
    const isText = type === 'string' || type === 'json' || type === 'bytes';
    return { name, decode, isKey: table.key.includes(name), isText };
  });
  return (row) => {
    for (const { name, decode, isKey, isText } of columns) {
      const raw = row[name];
      if (raw === null && !isKey) continue;
      if (raw === undefined || raw === null) throw missing(name);
      if (typeof raw === 'string' && isUnavailable(raw) && !isKey) {
        markUnavailable(row, name);
        if (!isText) continue;
      }
      const value = decodeColumn(name, decode, raw);
      if (value === inexact) return inexact;
      if (value !== raw) row[name] = value;
    }
    return row;
  };
}

/** As `rowDecoder`, for keys: only key columns, and every other one null. */
export function keyDecoder(table: ChangeTable, fields: readonly FieldSchema[] = []): RowDecoder {
  const columns = table.key.map((name) => {
    const encoding = encodingOf(table, fieldOf(fields, name));
    return { name, decode: columnDecoder(table.columns[name] as ColumnType, encoding) };
  });
  const empty = Object.fromEntries(Object.keys(table.columns).map((name) => [name, null]));
  return (key) => {
    const row: Values = { ...empty };
    for (const { name, decode } of columns) {
      const raw = key[name];
      if (raw === undefined || raw === null) throw missing(name);
      const value = decodeColumn(name, decode, raw);
      if (value === inexact) return inexact;
      row[name] = value;
    }
    return row;
  };
}

/** A text that is equal for two records whose rows are decoded alike. */
export function schemaSignature(fields: readonly FieldSchema[]): string {
  return fields
    .map(({ field, name, parameters }) => [field, name, parameters?.['scale']].join('|'))
    .join();
}

function decodeColumn(name: string, decode: ColumnDecoder, raw: unknown): unknown {
  try {
    return decode(raw);
  } catch (error) {
    if (error instanceof RecordError)
      throw new RecordError(error.code, `column ${name}: ${error.message}`);
    throw error;
  }
}

function fieldOf(fields: readonly FieldSchema[], name: string): FieldSchema | undefined {
  return fields.find(({ field }) => field === name);
}

function encodingOf(table: ChangeTable, field: FieldSchema | undefined): Encoding {
  if (field === undefined) return table.encoding;
  const decimals = field.name?.endsWith('.Decimal') === true ? 'base64' : 'string';
  const timeUnit = TIME_UNITS[field.name ?? ''];
  const scale = field.parameters?.['scale'];
  return {
    decimals,
    ...(timeUnit === undefined ? {} : { timeUnit }),
    ...(scale === undefined ? {} : { scale: Number(scale) }),
  };
}

/** What the integers of Debezium's and Connect's time types count. */
const TIME_UNITS: Readonly<Record<string, TimeUnit>> = {
  'io.debezium.time.Timestamp': 'ms',
  'io.debezium.time.MicroTimestamp': 'us',
  'io.debezium.time.NanoTimestamp': 'ns',
  'io.debezium.time.Time': 'ms',
  'io.debezium.time.MicroTime': 'us',
  'io.debezium.time.NanoTime': 'ns',
  'org.apache.kafka.connect.data.Timestamp': 'ms',
  'org.apache.kafka.connect.data.Time': 'ms',
};

function missing(name: string): RecordError {
  return new RecordError('COLUMN_MISSING', `column ${name} is missing or null`);
}
