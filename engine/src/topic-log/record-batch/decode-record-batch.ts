import { crc32c } from '../crc32c.ts';
import { TopicLogError } from '../errors.ts';
import type { LogRecord, OffsetRange } from '../topic-log.ts';
import { ATTRIBUTE, LAYOUT, LENGTH_PREFIX } from './record-batch-layout.ts';

/** The head of one stored batch; `records` is still compressed when `codec` is not 0. */
export interface RecordBatch {
  readonly baseOffset: number;
  /** One past the last offset the batch stands for, present or compacted away. */
  readonly nextOffset: number;
  readonly producerId: bigint;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly codec: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly logAppendTime: boolean;
  readonly count: number;
  readonly records: Buffer;
}

/** Size of the batch that starts at `at`, or undefined when `bytes` ends inside it. */
export function sizeOfBatchAt(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < LENGTH_PREFIX) return undefined;
  const size = LENGTH_PREFIX + bytes.readInt32BE(at + LAYOUT.LENGTH);
  return bytes.length - at < size ? undefined : size;
}

/**
 * Reads the head of one whole batch and verifies its checksum. `baseOffset` stands in for the stored one
 * where the log keeps offsets elsewhere. Throws `RECORD_CORRUPT`.
 */
export function parseRecordBatch(bytes: Buffer, baseOffset = readSafeInt64(bytes, 0)): RecordBatch {
  const magic = bytes.length < LAYOUT.RECORDS ? -1 : bytes.readInt8(LAYOUT.MAGIC);
  if (magic !== 2) {
    throw corrupt(baseOffset, `record batches of version ${magic} cannot be read, only version 2`);
  }
  if (crc32c(bytes.subarray(LAYOUT.ATTRIBUTES)) !== bytes.readUInt32BE(LAYOUT.CRC)) {
    throw corrupt(baseOffset, 'the checksum differs from the stored one');
  }
  const attributes = bytes.readInt16BE(LAYOUT.ATTRIBUTES);
  return {
    baseOffset,
    nextOffset: baseOffset + bytes.readInt32BE(LAYOUT.LAST_OFFSET_DELTA) + 1,
    producerId: bytes.readBigInt64BE(LAYOUT.PRODUCER_ID),
    transactional: (attributes & ATTRIBUTE.TRANSACTIONAL) !== 0,
    control: (attributes & ATTRIBUTE.CONTROL) !== 0,
    codec: attributes & ATTRIBUTE.CODEC_MASK,
    logAppendTime: (attributes & ATTRIBUTE.LOG_APPEND_TIME) !== 0,
    baseTimestamp: readSafeInt64(bytes, LAYOUT.BASE_TIMESTAMP),
    maxTimestamp: readSafeInt64(bytes, LAYOUT.MAX_TIMESTAMP),
    count: bytes.readInt32BE(LAYOUT.COUNT),
    records: bytes.subarray(LAYOUT.RECORDS),
  };
}

export interface DecodeTarget {
  readonly partition: number;
  /** Records outside are left out. */
  readonly range: OffsetRange;
  /** The batch's records, decompressed. */
  readonly records: Buffer;
}

/** Appends the batch's records within the range to `into`. Keys and values are views of `records`. */
export function decodeRecords(batch: RecordBatch, target: DecodeTarget, into: LogRecord[]): void {
  const { partition, range } = target;
  const reader = new RecordReader(target.records);
  try {
    for (let index = 0; index < batch.count; index++) {
      const end = reader.varint() + reader.at;
      reader.at++; // attributes, unused
      const delta = reader.varlong();
      const offset = batch.baseOffset + reader.varint();
      if (offset >= range.from && offset < range.to) {
        const timestamp = batch.logAppendTime ? batch.maxTimestamp : batch.baseTimestamp + delta;
        const key = reader.bytes();
        const value = reader.bytes();
        into.push({ partition, offset, key, value, timestamp, headers: reader.headers() });
      }
      reader.at = end;
    }
  } catch (error) {
    if (error instanceof RangeError) throw corrupt(batch.baseOffset, error.message, error);
    throw error;
  }
}

/** A big-endian int64 as a number; refuses what a number cannot hold exactly. */
export function readSafeInt64(bytes: Buffer, at: number): number {
  const value = bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
  if (!Number.isSafeInteger(value)) {
    throw new TopicLogError('RECORD_CORRUPT', `the 64-bit value at byte ${at} exceeds 2^53`);
  }
  return value;
}

function corrupt(baseOffset: number, why: string, cause?: unknown): TopicLogError {
  return new TopicLogError(
    'RECORD_CORRUPT',
    `the record batch at offset ${baseOffset} cannot be decoded: ${why}. Check the disk of the log`,
    { details: { baseOffset }, cause },
  );
}

const NO_HEADERS: readonly (readonly [string, Buffer | null])[] = [];

class RecordReader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  varint(): number {
    const bytes = this.#bytes;
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[this.at++];
      if (byte === undefined) throw new RangeError('a record runs over the end of its batch');
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (result >>> 1) ^ -(result & 1);
    }
    throw new RangeError('a length of more than 32 bits');
  }

  varlong(): number {
    const first = this.#bytes[this.at];
    if (first !== undefined && first < 0x80) {
      this.at++;
      return (first >>> 1) ^ -(first & 1);
    }
    let result = 0;
    for (let scale = 1; scale < 2 ** 63; scale *= 0x80) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new RangeError('a record runs over the end of its batch');
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result % 2 === 0 ? result / 2 : -(result + 1) / 2;
    }
    throw new RangeError('a time difference of more than 64 bits');
  }

  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const end = this.at + length;
    if (end > this.#bytes.length) throw new RangeError('a record runs over the end of its batch');
    const view = this.#bytes.subarray(this.at, end);
    this.at = end;
    return view;
  }

  headers(): readonly (readonly [string, Buffer | null])[] {
    const count = this.varint();
    if (count <= 0) return NO_HEADERS;
    const headers: (readonly [string, Buffer | null])[] = [];
    for (let index = 0; index < count; index++) {
      headers.push([this.bytes()?.toString('utf8') ?? '', this.bytes()]);
    }
    return headers;
  }
}
