/**
 * When a transaction was committed, microseconds, from the body of MySQL 8's GTID event (the anonymous one too):
 * flags 1, server 16, number 8, kind 1, last committed 8, sequence 8, committed here 7, committed first 7.
 * The second time is there where it differs, on a replica; the highest bit of the first says so. `undefined` of
 * an event without them (MySQL 5.7).
 *
 * @param from place of the body in `buffer`
 * @param end  behind the event's last byte, its checksum included or not
 */
export function findCommitTime(buffer: Buffer, from: number, end: number): number | undefined {
  const here = from + BEFORE_TIMES;
  if (here + TIME_BYTES > end) return undefined;
  const isFirst = (buffer.readUInt8(here + TIME_BYTES - 1) & OTHER_FOLLOWS) === 0;
  return readTime(buffer, isFirst ? here : here + TIME_BYTES);
}

const BEFORE_TIMES = 1 + 16 + 8 + 1 + 8 + 8;
const TIME_BYTES = 7;
const OTHER_FOLLOWS = 0x80;

function readTime(buffer: Buffer, at: number): number {
  const highest = buffer.readUInt8(at + 6) & ~OTHER_FOLLOWS;
  return buffer.readUIntLE(at, 6) + highest * 2 ** 48;
}
