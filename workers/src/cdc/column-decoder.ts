import { datetimePrecision, decimalScale, type ColumnType } from './column-type.ts';
import { bigintFromBase64, decimalText } from './decimal.ts';
import { RecordError } from './errors.ts';
import { isExactNumber } from './exact-json.ts';
import { dateText, timestampText, timeText, type TimeUnit } from './time-text.ts';

/** What a decoder answers when `JSON.parse` rounded the number it got: parse the record exactly and ask again. */
export const inexact: unique symbol = Symbol('inexact');

/** Turns one JSON value, never null, into the column's value. Throws `RecordError`. */
export type ColumnDecoder = (raw: unknown) => unknown;

/** How the producer's converter writes what JSON has no type for. */
export interface Encoding {
  readonly decimals: 'string' | 'base64';
  /** Of integers in time and datetime columns; undefined for the type's own unit. */
  readonly timeUnit?: TimeUnit;
  /** Of base64 decimals; undefined for the type's own scale. */
  readonly scale?: number;
}

const INTEGER = /^-?\d+$/;
const DECIMAL_TEXT = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const STARTS_WITH_DIGIT = /^[+-]?\d/;

/** The decoder of a column, compiled once and used for every row. */
export function columnDecoder(type: ColumnType, encoding: Encoding): ColumnDecoder {
  const precision = datetimePrecision(type);
  if (precision !== undefined) return datetime(encoding.timeUnit ?? (precision > 3 ? 'us' : 'ms'));
  const scale = decimalScale(type);
  if (scale !== undefined) return decimal(encoding.scale ?? scale, encoding.decimals);
  if (type === 'time') return time(encoding.timeUnit ?? 'us');
  if (type === 'bigint unsigned') return unsigned(encoding.decimals);
  return PLAIN[type as keyof typeof PLAIN];
}

const PLAIN = {
  boolean: decodeBoolean,
  int: decodeInt,
  bigint: decodeBigint,
  double: decodeDouble,
  string: decodeString,
  json: decodeJson,
  bytes: decodeBytes,
  date: decodeDate,
  timestamp: decodeTimestamp,
} as const;

function decodeBigint(raw: unknown): unknown {
  if (typeof raw === 'number') {
    if (Number.isSafeInteger(raw)) return raw;
    if (Number.isInteger(raw)) return inexact;
  }
  if (typeof raw === 'boolean') return raw ? 1 : 0;
  const text = isExactNumber(raw) ? raw['#number'] : raw;
  if (typeof text === 'string' && INTEGER.test(text)) return narrow(BigInt(text));
  throw unreadable(raw, 'an integer');
}

function decodeInt(raw: unknown): unknown {
  const value = decodeBigint(raw);
  if (typeof value === 'bigint') throw unreadable(raw, 'an integer below 2^53');
  return value;
}

function unsigned(decimals: Encoding['decimals']): ColumnDecoder {
  return (raw) => {
    const isBase64 = decimals === 'base64' && typeof raw === 'string';
    const value = isBase64 ? narrow(bigintFromBase64(raw)) : decodeBigint(raw);
    // Debezium's `long` mode writes the upper half of the range as negative numbers.
    const isWrapped = typeof value !== 'symbol' && (value as number | bigint) < 0;
    return isWrapped ? BigInt.asUintN(64, BigInt(value as number | bigint)) : value;
  };
}

function decimal(scale: number, decimals: Encoding['decimals']): ColumnDecoder {
  return (raw) => {
    if (typeof raw === 'number') {
      const text = String(raw);
      return text.length < 16 && Math.abs(raw) <= Number.MAX_SAFE_INTEGER ? text : inexact;
    }
    if (isExactNumber(raw)) return raw['#number'];
    if (typeof raw !== 'string') throw unreadable(raw, 'a decimal');
    if (decimals === 'base64') return decimalText(bigintFromBase64(raw), scale);
    if (!DECIMAL_TEXT.test(raw) || looksLikeBase64(raw, scale))
      throw unreadable(raw, "decimal text; if it is base64, declare decimals: 'base64'");
    return raw;
  };
}

/** Digits alone may be base64 as well: with a scale, text has its point, so refuse what could be either. */
function looksLikeBase64(text: string, scale: number): boolean {
  return scale > 0 && text.length % 4 === 0 && !text.includes('.') && !text.startsWith('-');
}

function datetime(unit: TimeUnit): ColumnDecoder {
  return (raw) => {
    if (typeof raw === 'string') return withoutZone(raw);
    const value = decodeBigint(raw);
    if (value === inexact) return inexact;
    return inRange(raw, () => timestampText(value as number | bigint, unit));
  };
}

function decodeTimestamp(raw: unknown): unknown {
  // The first character is checked because PostgreSQL would take words such as `now` for a time.
  if (typeof raw === 'string' && STARTS_WITH_DIGIT.test(raw)) return raw;
  if (typeof raw === 'number') return inRange(raw, () => `${timestampText(raw, 'ms')}Z`);
  throw unreadable(raw, 'a timestamp');
}

function time(unit: TimeUnit): ColumnDecoder {
  return (raw) => {
    if (typeof raw === 'string') return withoutZone(raw);
    if (typeof raw === 'number') return timeText(raw, unit);
    throw unreadable(raw, 'a time');
  };
}

function decodeDate(raw: unknown): unknown {
  if (typeof raw === 'string') return withoutZone(raw);
  if (typeof raw === 'number') return inRange(raw, () => dateText(raw));
  throw unreadable(raw, 'a date');
}

function decodeBoolean(raw: unknown): unknown {
  if (typeof raw === 'boolean') return raw;
  if (typeof raw === 'number') return raw !== 0;
  throw unreadable(raw, 'a boolean');
}

function decodeDouble(raw: unknown): unknown {
  if (typeof raw === 'number') return raw;
  if (isExactNumber(raw)) return Number(raw['#number']);
  throw unreadable(raw, 'a number');
}

function decodeString(raw: unknown): unknown {
  if (typeof raw === 'string') return raw;
  throw unreadable(raw, 'text');
}

function decodeJson(raw: unknown): unknown {
  return typeof raw === 'string' ? raw : JSON.stringify(raw);
}

function decodeBytes(raw: unknown): unknown {
  if (typeof raw === 'string') return Buffer.from(raw, 'base64');
  throw unreadable(raw, 'base64 bytes');
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function withoutZone(text: string): string {
  if (!STARTS_WITH_DIGIT.test(text)) throw unreadable(text, 'a date or time');
  return text.endsWith('Z') ? text.slice(0, -1) : text;
}

function inRange(raw: unknown, toText: () => string): string {
  try {
    return toText();
  } catch {
    throw unreadable(raw, 'a time between the years -271821 and 275760');
  }
}

function unreadable(raw: unknown, wanted: string): RecordError {
  const shown = (JSON.stringify(raw) as string | undefined) ?? typeof raw;
  return new RecordError('COLUMN_UNREADABLE', `${shown.slice(0, 100)} is not ${wanted}`);
}
