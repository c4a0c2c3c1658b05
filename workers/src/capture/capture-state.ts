import type { TopicLog } from '@tidegate/engine/topic-log';
import { z } from 'zod';

import { captureError } from './errors.ts';

/**
 * The capture's state: one record (key = prefix) of a compacted topic, written in the same transaction as
 * the events it covers. So what it says is produced is produced, and nothing else is.
 *
 * - `position`: where to go on reading: always the start of a transaction.
 * - `done`: the last row of that transaction already produced (rows up to it are skipped), or null.
 * - `epoch`: part of every event's version; grows when positions stop being comparable.
 * - `instance`, `flush`: who wrote it, as its how manieth; tells whether a flush of unknown outcome landed.
 * - `tables[].chunk`: bounds and position of the snapshot chunk under way, stored before its SELECT.
 */
const positionSchema = z.object({ file: z.string(), pos: z.number() });
const keySchema = z.array(z.string()).readonly();

const chunkSchema = z.object({
  /** Inclusive upper bound; the lower one is `lastKey`. */
  upTo: keySchema,
  position: positionSchema,
  /** Server time when the chunk was opened, milliseconds. */
  readAtMs: z.number(),
  /** The table's last chunk. */
  isLast: z.boolean(),
});

const tableSchema = z.object({
  snapshot: z.enum(['pending', 'running', 'done']),
  /** A re-snapshot: ends with a marker, so that rows deleted in the gap are removed. */
  again: z.boolean(),
  /** Where the stream went on; every row that still exists is read at or after it. */
  since: positionSchema,
  rows: z.number(),
  /** The last key produced, as text parts; null before the first row. */
  lastKey: keySchema.nullable(),
  chunk: chunkSchema.nullable(),
});

const stateSchema = z.object({
  version: z.literal(1),
  prefix: z.string(),
  instance: z.string(),
  flush: z.number(),
  epoch: z.number(),
  connector: z.enum(['mysql', 'mariadb']),
  position: positionSchema,
  done: positionSchema.extend({ row: z.number() }).nullable(),
  gtid: z.string().nullable(),
  tables: z.record(z.string(), tableSchema),
});

export type CaptureState = Readonly<z.infer<typeof stateSchema>>;
export type TableState = Readonly<z.infer<typeof tableSchema>>;
export type ChunkState = Readonly<z.infer<typeof chunkSchema>>;

export function encodeState(state: CaptureState): Buffer {
  return Buffer.from(JSON.stringify(state));
}

/** The newest state record of a prefix, or `undefined` on a first start. */
export async function findState(
  log: TopicLog,
  topic: string,
  prefix: string,
): Promise<CaptureState | undefined> {
  const bounds = (await log.bounds(topic)).get(0);
  if (bounds === undefined) return undefined;
  // Records of aborted transactions, markers and compacted ones leave gaps: look back further and further.
  for (let back = 16; ; back *= 8) {
    const from = Math.max(bounds.start, bounds.end - back);
    const newest = await readNewest(log, topic, { from, to: bounds.end });
    if (newest !== undefined) return parseState(newest, prefix);
    if (from <= bounds.start) return undefined;
  }
}

async function readNewest(
  log: TopicLog,
  topic: string,
  range: { readonly from: number; readonly to: number },
): Promise<string | undefined> {
  let newest: string | undefined;
  for await (const batch of log.readRange(topic, 0, range))
    for (const record of batch) if (record.value !== null) newest = record.value.toString();
  return newest;
}

function parseState(text: string, prefix: string): CaptureState {
  const parsed = stateSchema.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.prefix !== prefix)
    throw captureError(
      'CAPTURE_STATE_UNREADABLE',
      `the state topic holds a record that is no capture state of "${prefix}": configure another stateTopic, or delete the topic to start again with a snapshot`,
      { details: { record: text.slice(0, 500) } },
    );
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
