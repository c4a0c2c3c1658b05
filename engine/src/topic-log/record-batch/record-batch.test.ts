import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { crc32c } from '../crc32c.ts';
import { isTopicLogError } from '../errors.ts';
import type { LogRecord, NewRecord } from '../topic-log.ts';
import { decodeRecords, parseRecordBatch, sizeOfBatchAt } from './decode-record-batch.ts';
import { encodeRecordBatch, maxEncodedSize } from './encode-record-batch.ts';
import { LAYOUT } from './record-batch-layout.ts';

const NOW = 1_795_000_000_000;

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const record: fc.Arbitrary<NewRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  timestamp: fc.integer({ min: 0, max: NOW * 2 }),
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 9 }), bytes), {
    maxLength: 3,
  }),
});
const records = fc.array(record, { minLength: 1, maxLength: 40 });

function decode(batch: Buffer, baseOffset: number, range = { from: 0, to: Infinity }): LogRecord[] {
  const parsed = parseRecordBatch(batch, baseOffset);
  const decoded: LogRecord[] = [];
  decodeRecords(parsed, { partition: 3, range, records: parsed.records }, decoded);
  return decoded;
}

describe('crc32c', () => {
  it('answers the known values of the Castagnoli polynomial', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  });

  it('agrees with a bit by bit computation at every alignment and length', () => {
    const data = Buffer.from(
      Array.from({ length: 400 }, (_, index) => (index * 89) ^ (index >> 3)),
    );
    for (let from = 0; from < 9; from++) {
      for (let to = from; to < data.length; to += 7) {
        expect(crc32c(data.subarray(from, to))).toBe(slowCrc32c(data.subarray(from, to)));
      }
    }
  });

  it('continues from the value of what came before', () => {
    const [first, second] = [Buffer.from('1234'), Buffer.from('56789')];
    expect(crc32c(second, crc32c(first))).toBe(0xe3069283);
  });
});

describe('record batches', () => {
  it('give back every record as it was', () => {
    fc.assert(
      fc.property(records, (given) => {
        const decoded = decode(encodeRecordBatch(given, NOW), 1_000);
        expect(decoded).toEqual(
          given.map((each, index) => ({
            partition: 3,
            offset: 1_000 + index,
            key: each.key,
            value: each.value,
            timestamp: each.timestamp,
            headers: each.headers,
          })),
        );
      }),
    );
  });

  it('stay below the bound that chunking counts with', () => {
    fc.assert(
      fc.property(records, (given) => {
        const bound = given.reduce<number>(
          (sum, each) => sum + maxEncodedSize(each),
          LAYOUT.RECORDS,
        );
        expect(encodeRecordBatch(given, NOW).length).toBeLessThanOrEqual(bound);
      }),
    );
  });

  it('give the records of the range only', () => {
    const given = Array.from({ length: 10 }, (_, index) => ({
      key: null,
      value: Buffer.from(String(index)),
    }));
    const offsets = decode(encodeRecordBatch(given, NOW), 100, { from: 103, to: 106 });
    expect(offsets.map((each) => each.offset)).toEqual([103, 104, 105]);
    expect(offsets.map((each) => each.timestamp)).toEqual([NOW, NOW, NOW]);
  });

  it('are refused when any byte under the checksum differs', () => {
    const batch = encodeRecordBatch([{ key: Buffer.from('k'), value: Buffer.from('v') }], NOW);
    for (let at: number = LAYOUT.CRC; at < batch.length; at++) {
      const damaged = Buffer.from(batch);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
      expect(thrownBy(() => decode(damaged, 0))).toSatisfy((error) =>
        isTopicLogError(error, 'RECORD_CORRUPT'),
      );
    }
  });

  it('are refused by name when records run over their end', () => {
    const batch = encodeRecordBatch([{ key: null, value: Buffer.from('value') }], NOW);
    batch.writeInt32BE(2, LAYOUT.COUNT);
    batch.writeUInt32BE(crc32c(batch.subarray(LAYOUT.ATTRIBUTES)), LAYOUT.CRC);
    expect(thrownBy(() => decode(batch, 0))).toSatisfy((error) =>
      isTopicLogError(error, 'RECORD_CORRUPT'),
    );
  });

  it('tell whether they are whole', () => {
    const batch = encodeRecordBatch([{ key: null, value: null }], NOW);
    const stream = Buffer.concat([batch, batch.subarray(0, batch.length - 1)]);
    expect(sizeOfBatchAt(stream, 0)).toBe(batch.length);
    expect(sizeOfBatchAt(stream, batch.length)).toBeUndefined();
    expect(sizeOfBatchAt(stream, stream.length - 5)).toBeUndefined();
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

function slowCrc32c(data: Buffer): number {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
