import { appendFile, chown, readFile, stat } from 'node:fs/promises';

/** Header of an event: its type at 4, its length at 9, the place behind it at 13. */
const HEADER_BYTES = 19;
const XID = 16;
/** MySQL's with and without an id, MariaDB's. */
const GTIDS = [33, 34, 162];
/** MariaDB writes the older version of the event. */
const DELETE_ROWS = [25, 32];

interface BinlogEvent {
  readonly type: number;
  readonly bytes: Buffer;
}

/**
 * Appends to a binlog file the beginning of a transaction, as a server leaves it that is killed while it
 * writes: a copy of the last one that deleted rows, cut before its end.
 */
export async function appendCutTransaction(
  file: string,
  cut: 'within the row event' | 'before its end',
): Promise<void> {
  const { uid, gid } = await stat(file);
  const all = await readFile(file);
  const events = eventsOf(all);
  const rowsAt = events.findLastIndex(({ type }) => DELETE_ROWS.includes(type));
  const from = events.findLastIndex(({ type }, at) => at < rowsAt && GTIDS.includes(type));
  const to = events.findIndex(({ type }, at) => at > rowsAt && type === XID);
  const copied: Buffer[] = [];
  let end = all.length;
  for (const { bytes } of events.slice(from, to)) {
    const copy = Buffer.from(bytes);
    end += copy.length;
    copy.writeUInt32LE(end, 13);
    copied.push(copy);
  }
  const tail = Buffer.concat(copied);
  await appendFile(file, cut === 'before its end' ? tail : tail.subarray(0, tail.length - 10));
  await chown(file, uid, gid);
}

function eventsOf(file: Buffer): BinlogEvent[] {
  const events: BinlogEvent[] = [];
  for (let at = 4; at + HEADER_BYTES <= file.length;) {
    const length = file.readUInt32LE(at + 9);
    events.push({ type: file.readUInt8(at + 4), bytes: file.subarray(at, at + length) });
    at += length;
  }
  return events;
}
