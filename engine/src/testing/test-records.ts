import { TidegateError } from '../platform/errors.ts';
import type { SourceBatch, SourceRange, TaskSource } from '../dag/task-context.ts';
import type { LogRecord } from '../topic-log/topic-log.ts';

/** A record of the run's range. Values that are neither text nor bytes are written as JSON. */
export interface TestRecord {
  readonly key?: unknown;
  /** (Default: null, a tombstone) */
  readonly value?: unknown;
  /** (Default: 0) */
  readonly partition?: number;
  /** (Default: the next one of the partition, from 0) */
  readonly offset?: number;
  /** Milliseconds since the epoch. (Default: the clock's) */
  readonly timestamp?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const BATCH = 500;

/** The records as the source of a run that owns exactly them. */
export function createTestSource(
  topic: string | null,
  records: readonly TestRecord[],
  nowMs: number,
): TaskSource {
  if (topic === null && records.length > 0) {
    throw new TidegateError(
      'TEST_SOURCE_MISSING',
      `the test gives ${records.length} records, but the DAG has no source; add source: topic('…')`,
    );
  }
  const partitions = toPartitions(records, nowMs);
  const ranges = [...partitions].map(([partition, all]) => ({
    topic: topic ?? '',
    partition,
    from: all[0]?.offset ?? 0,
    to: (all.at(-1)?.offset ?? -1) + 1,
  }));
  return {
    ranges,
    records: ranges.reduce((sum, { from, to }) => sum + to - from, 0),
    read: () => batches(ranges, partitions),
  };
}

function toPartitions(
  records: readonly TestRecord[],
  nowMs: number,
): ReadonlyMap<number, readonly LogRecord[]> {
  const partitions = new Map<number, LogRecord[]>();
  for (const { key, value, partition = 0, offset, timestamp = nowMs, headers = {} } of records) {
    const all = partitions.get(partition) ?? [];
    partitions.set(partition, all);
    all.push({
      partition,
      offset: offset ?? (all.at(-1)?.offset ?? -1) + 1,
      key: toBuffer(key),
      value: toBuffer(value),
      timestamp,
      headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
    });
  }
  for (const all of partitions.values()) all.sort((a, b) => a.offset - b.offset);
  return new Map([...partitions].sort(([a], [b]) => a - b));
}

function toBuffer(value: unknown): Buffer | null {
  if (value === undefined || value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value);
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

// eslint-disable-next-line @typescript-eslint/require-await -- read() is asynchronous by contract
async function* batches(
  ranges: readonly SourceRange[],
  partitions: ReadonlyMap<number, readonly LogRecord[]>,
): AsyncGenerator<SourceBatch> {
  for (const range of ranges) {
    const records = partitions.get(range.partition) ?? [];
    for (let at = 0; at < records.length; at += BATCH) {
      yield { range, records: records.slice(at, at + BATCH) };
    }
  }
}
