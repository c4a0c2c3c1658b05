import type { Json } from '../platform/json.ts';
import { dagError } from './errors.ts';

/** Kept per try in the metadata: larger data belongs into a store, its address into the output. */
export const MOST_OUTPUT_BYTES = 1_048_576;
/** `JSON.stringify` itself and every reader recurse. */
const DEEPEST = 1_000;

/**
 * A task's return value as JSON, `undefined` as null. Refuses by place whatever would come back different:
 * `OUTPUT_NOT_JSON`, `OUTPUT_TOO_LARGE`.
 */
export function toJsonOutput(value: unknown): Json {
  if (value === undefined) return null;
  const budget = { bytes: MOST_OUTPUT_BYTES };
  check(value, { path: [], ancestors: new Set(), budget });
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > MOST_OUTPUT_BYTES) throw tooLarge();
  // A copy: what the task does with its object afterwards changes nothing.
  return JSON.parse(text) as Json;
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly ancestors: Set<unknown>;
  /** A lower bound of what is left of the size: ends early on a value far too large. */
  readonly budget: { bytes: number };
}

function check(value: unknown, place: Place): void {
  const fault = scalarFault(value);
  if (fault !== undefined) throw notJson(fault, place);
  spend(typeof value === 'string' ? value.length : 1, place);
  if (typeof value !== 'object' || value === null) return;
  const shape = shapeFault(value, place);
  if (shape !== undefined) throw notJson(shape, place);
  place.ancestors.add(value);
  for (const [key, child] of children(value)) {
    if (typeof key === 'string') checkKey(key, place);
    if (child === undefined && !Array.isArray(value)) continue;
    check(child, { ...place, path: [...place.path, key] });
  }
  place.ancestors.delete(value);
}

function* children(value: object): Iterable<readonly [string | number, unknown]> {
  // By index, not by entries: a hole in an array would come back as null.
  if (Array.isArray(value))
    for (let i = 0; i < value.length; i += 1) yield [i, value[i] as unknown];
  else yield* Object.entries(value);
}

function scalarFault(value: unknown): string | undefined {
  switch (typeof value) {
    case 'bigint':
      return 'a BigInt; return it as text: String(value)';
    case 'function':
      return 'a function; call it, or leave it out';
    case 'symbol':
      return 'a symbol; return text';
    case 'undefined':
      return 'undefined inside an array, which JSON turns into null; return null';
    case 'number':
      if (!Number.isFinite(value))
        return `${value}, which JSON has no word for; return null or text`;
      return Object.is(value, -0) ? '-0, which JSON turns into 0; return 0' : undefined;
    case 'string':
      return textFault(value);
    case 'boolean':
    case 'object':
      return undefined;
  }
}

/** PostgreSQL keeps neither in text. */
function textFault(text: string): string | undefined {
  if (text.includes('\0')) return 'text with a NUL character; remove it';
  return LONE_SURROGATE.test(text)
    ? 'text with half a surrogate pair; cut text by code points'
    : undefined;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function shapeFault(value: object, place: Place): string | undefined {
  if (place.ancestors.has(value)) return 'a reference back to one of its parents; return a tree';
  if (place.path.length >= DEEPEST)
    return `nested more than ${DEEPEST} levels deep; return something flatter`;
  if (Array.isArray(value)) return undefined;
  const kind = classOf(value);
  if (kind !== undefined)
    return `a ${kind}, of which JSON keeps little or nothing; return plain data`;
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise; await it';
  const symbol = Object.getOwnPropertySymbols(value)[0];
  return symbol === undefined
    ? undefined
    : `an object with the key ${String(symbol)}; use text keys`;
}

/** The class of an object that is not plain; plain ones may come from another realm. */
function classOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return undefined;
  const { constructor } = value;
  return typeof constructor === 'function' && constructor.name !== ''
    ? constructor.name
    : 'class instance';
}

function checkKey(key: string, place: Place): void {
  const fault = key === '__proto__' ? `the key '__proto__'; rename it` : textFault(key);
  if (fault !== undefined) throw notJson(fault, place);
  spend(key.length, place);
}

function spend(bytes: number, place: Place): void {
  place.budget.bytes -= bytes;
  if (place.budget.bytes < 0) throw tooLarge();
}

function notJson(fault: string, place: Place): Error {
  const path = place.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  const where = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  return dagError('OUTPUT_NOT_JSON', `the output${where} is ${fault}`, { path: where });
}

function tooLarge(): Error {
  return dagError(
    'OUTPUT_TOO_LARGE',
    `the output is larger than 1 MiB; store the data and return where it is`,
    { limitBytes: MOST_OUTPUT_BYTES },
  );
}
