import { describe, expect, it } from 'vitest';

import type { RecordBatch } from '../record-batch/decode-record-batch.ts';
import { AbortedTransactions } from './aborted-transactions.ts';

interface Shape {
  readonly producer: number;
  readonly marker?: 'abort' | 'commit';
  readonly plain?: boolean;
}

/** A batch of one record; a marker's is (length, attributes, deltas, key length, version, type). */
function batch(offset: number, { producer, marker, plain = false }: Shape): RecordBatch {
  const type = marker === 'commit' ? 1 : 0;
  return {
    baseOffset: offset,
    nextOffset: offset + 1,
    producerId: BigInt(producer),
    transactional: !plain,
    control: marker !== undefined,
    codec: 0,
    baseTimestamp: 0,
    maxTimestamp: 0,
    logAppendTime: false,
    count: 1,
    // A time delta of two bytes: its width must not be assumed.
    records: Buffer.from([32, 0, 0x80, 1, 0, 8, 0, 0, 0, type, 12, 0, 0, 0, 0, 0, 0, 0]),
  };
}

function visible(
  aborted: readonly (readonly [producer: number, firstOffset: number])[],
  batches: readonly Shape[],
  first = 0,
): number[] {
  const listed = aborted.map(([producer, firstOffset]) => ({
    producerId: BigInt(producer),
    firstOffset,
  }));
  const transactions = new AbortedTransactions(listed);
  return batches.flatMap((shape, index) =>
    transactions.hides(batch(first + index, shape)) ? [] : [first + index],
  );
}

describe('AbortedTransactions', () => {
  it('shows plain records and committed transactions, never markers', () => {
    const batches: Shape[] = [
      { producer: 1 },
      { producer: -1, plain: true },
      { producer: 1, marker: 'commit' },
    ];
    expect(visible([], batches)).toEqual([0, 1]);
  });

  it('hides a producer from its first aborted offset to its marker only', () => {
    const batches: Shape[] = [
      { producer: 1 },
      { producer: 1, marker: 'commit' },
      { producer: 1 },
      { producer: 2 },
      { producer: 1, marker: 'abort' },
      { producer: 1 },
    ];
    expect(visible([[1, 2]], batches)).toEqual([0, 3, 5]);
  });

  it('hides transactions that were open before the first batch', () => {
    const batches: Shape[] = [{ producer: 1 }, { producer: 2 }, { producer: 3 }];
    const aborted = [
      [2, 40],
      [1, 10],
    ] as const;
    expect(visible(aborted, batches, 100)).toEqual([102]);
  });

  it('hides two aborted transactions of one producer in a row', () => {
    const transaction: Shape[] = [{ producer: 1 }, { producer: 1, marker: 'abort' }];
    const aborted = [
      [1, 0],
      [1, 2],
    ] as const;
    expect(visible(aborted, [...transaction, ...transaction, { producer: 1 }])).toEqual([4]);
  });

  it('takes no notice of a plain record of a producer with an aborted transaction', () => {
    expect(visible([[1, 0]], [{ producer: 1 }, { producer: 1, plain: true }])).toEqual([1]);
  });
});
