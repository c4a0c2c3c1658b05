import type { TopicEvent } from '../../workers/src/capture/testing/capture-harness.ts';

/** By column `c0`, `c1`, …: the JSON text our capture writes, and what is expected of Debezium for it. */
export type Rewrites = readonly {
  readonly ours: string;
  readonly snapshot: string;
  readonly stream: string;
}[];

type Json = Readonly<Record<string, unknown>>;

/** Not compared: who wrote it, our epoch, and when it was read. */
const OWN = ['version', 'sequence'];
const FINER_TIMES = ['ts_us', 'ts_ns'];
const TIMES = ['ts_ms', ...FINER_TIMES];

/** Events as they must be equal from both producers; a truncate has no key, and so no certain partition. */
export function comparables(events: readonly TopicEvent[], rewrites?: Rewrites): Json[] {
  const keyed = events.filter(({ key }) => key !== null);
  const keyless = events.filter(({ key }) => key === null);
  const anywhere = keyless.map((event) => ({ ...event, partition: -1 }));
  return [...keyed, ...anywhere].map((event) => comparable(event, rewrites));
}

/**
 * An event as it must be equal from both producers. Numbers keep their text, but for floating ones; a snapshot's
 * time, which of its rows is called first or last, and how fine the time of a truncate is, differ from one reader
 * to the other.
 */
function comparable(event: TopicEvent, rewrites: Rewrites = []): Json {
  const { partition, key } = event;
  // Keys in headers are the same JSON, escaped in another way.
  const headers = event.headers
    .filter(([name]) => !name.startsWith('__debezium.context.'))
    .map(([name, text]) => [name, parseNumbersAsText(text)]);
  if (event.text === null) return { partition, key, headers, value: null };
  const { before, after, source, ...rest } = parseNumbersAsText(event.text) as {
    before: Json | null;
    after: Json | null;
    source: Json;
  };
  // Null is Connect's `false`, where it does not fill in defaults.
  const isSnapshot = (source['snapshot'] ?? 'false') !== 'false';
  const row = (values: Json | null | undefined): Json | null =>
    values ? rewritten(values, rewrites, isSnapshot) : null;
  const times = isSnapshot ? TIMES : key === null ? FINER_TIMES : [];
  const where = { ...without(source, times), snapshot: isSnapshot };
  const value = { before: row(before), after: row(after), source: without(where, OWN) };
  return { partition, key, headers, value: { ...value, ...without(rest, TIMES) } };
}

function rewritten(values: Json, rewrites: Rewrites, isSnapshot: boolean): Json {
  const copy = { ...values };
  for (const [index, { ours, snapshot, stream }] of rewrites.entries()) {
    const column = `c${index}`;
    const expected = parseNumbersAsText(isSnapshot ? snapshot : stream);
    if (copy[column] === parseNumbersAsText(ours)) copy[column] = expected;
  }
  return copy;
}

function without(values: Json, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** As `JSON.parse`, without rounding; `1E1` and `10.0` are one number. */
function parseNumbersAsText(json: string): unknown {
  const kept = json.replace(STRING_OR_NUMBER, (token) => {
    if (token.startsWith('"')) return token;
    return `"number ${/[.eE]/.test(token) || token.length < 16 ? Number(token) : token}"`;
  });
  return JSON.parse(kept);
}
