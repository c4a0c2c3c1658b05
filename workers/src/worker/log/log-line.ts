import type { LogLine } from '@tidegate/engine/execution-contract';
import type { Json } from '@tidegate/engine/platform';

export type LogLevel = LogLine['level'];

/**
 * Most characters of one line's message, and of its fields as JSON. Six bytes a character at worst, so that
 * any line fits into one chunk; longer messages become several lines.
 */
const LONGEST_MESSAGE = 8_000;
const LONGEST_FIELDS = 4_000;

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export function higherLevel(a: LogLevel, b: LogLevel): LogLevel {
  return ORDER[a] >= ORDER[b] ? a : b;
}

/** A line that says what the product itself did with the task. */
export function systemLine(message: string, level: LogLevel = 'info'): LogLine {
  return { at: new Date().toISOString(), level, source: 'system', message };
}

/** The same content in lines short enough for a chunk. */
export function splitLongLine(line: LogLine): readonly LogLine[] {
  const fields = line.fields === undefined ? undefined : JSON.stringify(line.fields);
  const isLongFields = fields !== undefined && fields.length > LONGEST_FIELDS;
  if (line.message.length <= LONGEST_MESSAGE && !isLongFields) return [line];
  const { fields: kept, ...rest } = line;
  const text = isLongFields ? `${line.message} ${fields}` : line.message;
  const parts: LogLine[] = [];
  for (let from = 0; from < text.length; from += LONGEST_MESSAGE) {
    parts.push({ ...rest, message: text.slice(from, from + LONGEST_MESSAGE) });
  }
  const [first, ...others] = parts;
  if (first === undefined || kept === undefined || isLongFields) return parts;
  return [{ ...first, fields: kept }, ...others];
}

/** What a task logged as fields, as JSON: errors keep message and stack, what has no JSON form becomes text. */
export function toFields(value: object): Record<string, Json> {
  const seen = new WeakSet();
  try {
    const plain = value instanceof Error ? { err: value } : value;
    const text = JSON.stringify(plain, (_key, inner: unknown) => toLoggable(inner, seen));
    const parsed = JSON.parse(text) as Json;
    return isRecord(parsed) ? parsed : { value: parsed };
  } catch (thrown) {
    return { unloggable: String(thrown) };
  }
}

function toLoggable(value: unknown, seen: WeakSet<object>): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return '[seen above]';
  seen.add(value);
  if (value instanceof Error) {
    // Own fields too: codes and details of drivers are what the reader looks for.
    const { name, message, stack } = value;
    return Object.assign({}, value, { name, message, stack });
  }
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  return value;
}

function isRecord(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
