import { RecordError } from './errors.ts';

/**
 * The version of a change is its position at the source, in two integers compared one after the other:
 *
 *     v1 = epoch · 2^24 + number of the binlog file
 *     v2 = position · 2^16 + row · 4 + rank
 *
 * This formula is frozen: targets hold versions made by it. It is computed arithmetically, since bit
 * operations stop at 32 bits. A row number beyond 2^14 is harmless: a row takes at least one byte, so the
 * next event's position outgrows it. Snapshot rows rank below every change at their position.
 */
export interface Version {
  readonly v1: number;
  readonly v2: number;
}

export const RANK = { r: 0, d: 1, c: 2, u: 3 } as const;

const FILE_LIMIT = 2 ** 24;
const EPOCH_LIMIT = 2 ** 29;
const POSITION_LIMIT = 2 ** 37;

export function firstVersion(epoch: number, fileNumber: number): number {
  if (fileNumber >= FILE_LIMIT || epoch >= EPOCH_LIMIT)
    throw new RecordError(
      'POSITION_TOO_LARGE',
      `epoch ${epoch}, binlog file ${fileNumber}: a version holds 2^29 epochs of 2^24 files`,
    );
  return epoch * FILE_LIMIT + fileNumber;
}

export function secondVersion(position: number, row: number, rank: number): number {
  if (!(position >= 0 && position < POSITION_LIMIT && row >= 0))
    throw new RecordError(
      'POSITION_TOO_LARGE',
      `position ${position}, row ${row}: a version holds positions up to 2^37`,
    );
  return position * 65_536 + row * 4 + rank;
}

/** `mysql-bin.000003` in its parts. */
export interface BinlogFile {
  readonly base: string;
  readonly number: number;
}

export function parseBinlogFile(file: string): BinlogFile {
  const dot = file.lastIndexOf('.');
  // MariaDB 12.3 keeps its binlog in InnoDB and calls the files `binlog-000003.ibb`.
  const split = file.endsWith('.ibb') ? file.lastIndexOf('-') : dot;
  const digits = file.endsWith('.ibb') ? file.slice(split + 1, dot) : file.slice(split + 1);
  const number = Number(digits);
  if (split <= 0 || digits === '' || !Number.isSafeInteger(number))
    throw new RecordError('POSITION_MISSING', `"${file}" does not end in a binlog file number`);
  return { base: file.slice(0, split), number };
}

/**
 * The epoch in `source.sequence` of our own capture, the text `{"epoch":3}`. Undefined for producers that
 * write nothing, or something else, there.
 */
export function epochOfSequence(sequence: unknown): number | undefined {
  if (typeof sequence !== 'string') return undefined;
  const match = /^\{"epoch":(\d{1,9})[,}]/.exec(sequence);
  return match === null ? undefined : Number(match[1]);
}
