import { describe, expect, it } from 'vitest';

import { chunkByPartition } from './chunk-records.ts';
import { Partitioner } from './partitioner.ts';
import type { NewRecord } from './topic-log.ts';

const choose = { partitioner: new Partitioner(), partitions: 2 };

function record(partition: number, size = 10): NewRecord {
  return { key: null, value: Buffer.alloc(size), partition };
}

function shape(
  records: readonly NewRecord[],
  limits = { maxRecords: 3, maxBytes: 1_000 },
): unknown {
  return chunkByPartition(records, choose, limits).map(({ partition, records: chunk }) => [
    partition,
    chunk.length,
  ]);
}

describe('chunkByPartition', () => {
  it('makes chunks of at most so many records, by partition', () => {
    const mixed = [1, 0, 1, 1, 0, 1, 1].map((partition) => record(partition));
    expect(shape(mixed)).toEqual([
      [0, 2],
      [1, 3],
      [1, 2],
    ]);
  });

  it('makes chunks of at most so many bytes, and gives a larger record one of its own', () => {
    expect(shape([record(0, 600), record(0, 400), record(0, 5_000), record(0)])).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(shape([record(0, 400), record(0, 400), record(0, 400)])).toEqual([
      [0, 2],
      [0, 1],
    ]);
  });

  it('keeps the order within a partition', () => {
    const records = [0, 1, 2, 3, 4].map((size) => record(0, size));
    const chunks = chunkByPartition(records, choose, { maxRecords: 2, maxBytes: 1_000 });
    expect(chunks.flatMap((chunk) => chunk.records)).toEqual(records);
  });

  it('makes nothing of nothing', () => {
    expect(shape([])).toEqual([]);
  });
});
