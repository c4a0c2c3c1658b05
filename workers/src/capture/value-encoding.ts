import type { DecimalMode } from './capture-config.ts';
import type { ColumnType } from './column-type.ts';
import { encodeDate, encodeDatetime, encodeTime, encodeTimestamp } from './temporal-encoding.ts';

/** One value to its JSON text. Never called with null. */
export type ValueEncoder = (value: unknown) => string;

export interface ValueEncoderOptions {
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly decimals: DecimalMode;
}

/**
 * The encoder of a column: Debezium's defaults where they lose nothing. Differences: BIGINT UNSIGNED is
 * the plain number (Debezium wraps it to a negative one above 2^63), DECIMAL is text unless configured.
 */
export function createValueEncoder(options: ValueEncoderOptions): ValueEncoder {
  const { type, nullable } = options;
  switch (type.base) {
    case 'decimal':
      return DECIMAL_ENCODERS[options.decimals];
    case 'date':
      return (value) => encodeDate(value as string, nullable);
    case 'datetime':
      return (value) => encodeDatetime(value as string, type.length ?? 0, nullable);
    case 'timestamp':
      return (value) => encodeTimestamp(value as string, nullable);
    case 'time':
      return (value) => encodeTime(value as string);
    default:
      return NUMBER_ENCODERS[type.base] ?? createTextEncoder(type);
  }
}

/**
 * The encoder of a key column. Loaders read a key's value, but partitioners hash its bytes: text is escaped as
 * Kafka Connect does, so that a key goes on in its partition when one producer takes over from the other.
 */
export function createKeyEncoder(options: ValueEncoderOptions): ValueEncoder {
  const encode = createValueEncoder(options);
  const { base } = options.type;
  if (base !== 'char' && base !== 'varchar') return encode;
  return (value) => escapeAsConnect(encode(value));
}

const ESCAPED = /[\\\ud800-\udfff]/;
const ESCAPES = /\\u[0-9a-f]{4}|\\.|[\ud800-\udfff]/g;

/** Connect writes control characters with upper-case digits, and what lies beyond 16 bits as two escapes. */
function escapeAsConnect(json: string): string {
  if (!ESCAPED.test(json)) return json;
  return json.replace(ESCAPES, (token) => {
    if (token.length === 2) return token;
    const digits = token.length === 1 ? token.charCodeAt(0).toString(16) : token.slice(2);
    return `\\u${digits.toUpperCase()}`;
  });
}

const NUMBER_ENCODERS: Readonly<Partial<Record<string, ValueEncoder>>> = {
  tinyint: encodeInteger,
  smallint: encodeInteger,
  mediumint: encodeInteger,
  int: encodeInteger,
  bigint: encodeInteger,
  // The binlog reader adds 1900 to the stored byte; 1900 itself is no YEAR, so it is the zero year.
  year: (value) => (value === 1900 ? '0' : String(Number(value))),
  float: (value) => encodeFloat32(Number(value)),
  double: (value) => String(Number(value)),
};

function createTextEncoder(type: ColumnType): ValueEncoder {
  switch (type.base) {
    case 'bit':
      return (type.length ?? 1) === 1
        ? (value) => ((value as Buffer).at(-1) === 1 ? 'true' : 'false')
        : (value) => encodeBytes(Buffer.from(value as Buffer).reverse());
    case 'binary':
      return (value) => encodeBytes(padRight(value as Buffer, type.length ?? 1));
    case 'uuid':
      return (value) => JSON.stringify(Buffer.isBuffer(value) ? uuidText(value) : value);
    case 'inet4':
      return (value) =>
        JSON.stringify(Buffer.isBuffer(value) ? [...padRight(value, 4)].join('.') : value);
    case 'set':
      return (value) => JSON.stringify(value instanceof Set ? [...value].join(',') : value);
    default:
      return encodeText;
  }
}

function encodeInteger(value: unknown): string {
  return typeof value === 'number' ? String(value) : stripZerofill(value as string);
}

/** A ZEROFILL column comes padded from the server; JSON knows no leading zero. */
function stripZerofill(text: string): string {
  return text.startsWith('0') && text.length > 1 ? text.replace(/^0+(?=\d)/, '') : text;
}

/** Text stays text; bytes (BLOB, VARBINARY) become base64; an ENUM's invalid index 0 is the empty text. */
function encodeText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return Buffer.isBuffer(value) ? encodeBytes(value) : '""';
}

function encodeBytes(bytes: Buffer): string {
  return `"${bytes.toString('base64')}"`;
}

/** The binlog drops trailing zero bytes of fixed-width columns. */
function padRight(bytes: Buffer, width: number): Buffer {
  if (bytes.length >= width) return bytes;
  return Buffer.concat([bytes, Buffer.alloc(width - bytes.length)]);
}

function uuidText(bytes: Buffer): string {
  const hex = padRight(bytes, 16).toString('hex');
  return [8, 12, 16, 20, 32].map((end, i, ends) => hex.slice(ends[i - 1] ?? 0, end)).join('-');
}

const DECIMAL_ENCODERS: Readonly<Record<DecimalMode, ValueEncoder>> = {
  string: (value) => `"${stripZerofill(value as string)}"`,
  double: (value) => String(Number(value)),
  precise: (value) => `"${encodePreciseDecimal(value as string)}"`,
};

/** Kafka Connect's Decimal: base64 of the unscaled value, big-endian two's complement, shortest form. */
export function encodePreciseDecimal(text: string): string {
  const unscaled = BigInt(text.replace('.', ''));
  let width = 1;
  while (BigInt.asIntN(width * 8, unscaled) !== unscaled) width += 1;
  const hex = BigInt.asUintN(width * 8, unscaled)
    .toString(16)
    .padStart(width * 2, '0');
  return Buffer.from(hex, 'hex').toString('base64');
}

/** The shortest text that is the same 32-bit float: 1.1, not 1.100000023841858. */
export function encodeFloat32(value: number): string {
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}
