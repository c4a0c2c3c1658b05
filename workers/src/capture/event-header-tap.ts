import type ZongJi from '@vlasky/zongji';

import { findCommitTime } from './commit-time.ts';
import { unwrapPosition, type BinlogPosition } from './position.ts';

/**
 * Follows every event header of the stream, also of events that zongji filters out, because it does not
 * hand on what an exact position needs: the event's full length, its server id, and positions beyond 2^32
 * or left out by the server (MariaDB from 11.4 writes an end of 0 inside transactions).
 *
 * It wraps `binlogData` of the command class that zongji makes at each start (zongji is pinned exactly).
 */
export class HeaderTap {
  file: string;
  /** First byte of the current event. */
  start: number;
  /** One past its last byte. */
  end: number;
  serverId = 0;
  lastPacketAtMs = Date.now();
  #headerAtUs = 0;
  #committedAtUs: number | undefined;

  constructor(from: BinlogPosition) {
    this.file = from.file;
    this.start = from.pos;
    this.end = from.pos;
  }

  /** When the change was made, microseconds: MySQL 8 tells it so, MariaDB in whole seconds. */
  get changedAtUs(): number {
    return this.#committedAtUs ?? this.#headerAtUs;
  }

  /** Layout: marker 1, timestamp 4, type 1, server id 4, length 4, next position 4, flags 2. */
  observe(packet: MysqlPacket): void {
    this.lastPacketAtMs = Date.now();
    const { buffer, offset } = packet;
    if (packet.end - offset < 20) return;
    const type = buffer.readUInt8(offset + 5);
    const length = buffer.readUInt32LE(offset + 10);
    const next = buffer.readUInt32LE(offset + 14);
    const flags = buffer.readUInt16LE(offset + 18);
    if (isOutsideFile(type, next, flags)) return;
    const expected = this.end + length;
    this.end = next === 0 ? expected : unwrapPosition(next, expected);
    this.start = this.end - length;
    this.#headerAtUs = buffer.readUInt32LE(offset + 1) * 1_000_000;
    if (GTIDS.includes(type))
      this.#committedAtUs = findCommitTime(buffer, offset + BODY, packet.end);
    this.serverId = buffer.readUInt32LE(offset + 6);
  }

  /** Answers false for the artificial rotate that only repeats where we are. */
  moveTo(file: string, pos: number): boolean {
    const isNew = file !== this.file || pos !== this.end;
    this.file = file;
    this.start = pos;
    this.end = pos;
    return isNew;
  }
}

const ROTATE = 4;
const FORMAT = 15;
const HEARTBEATS: readonly number[] = [27, 41];
const ARTIFICIAL = 0x20;
/** MySQL's, with and without an id: they begin a transaction. */
const GTIDS: readonly number[] = [33, 34];
const BODY = 20;

/** Events the server makes up for this connection take no bytes of the file. */
function isOutsideFile(type: number, next: number, flags: number): boolean {
  if ((flags & ARTIFICIAL) !== 0 || HEARTBEATS.includes(type)) return true;
  return next === 0 && (type === ROTATE || type === FORMAT);
}

interface MysqlPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
}

type BinlogData = (this: unknown, packet: MysqlPacket, connection: unknown) => unknown;

/** Installs a tap that sees each packet before zongji does. */
export function tapEventHeaders(zongji: ZongJi, from: BinlogPosition): HeaderTap {
  const tap = new HeaderTap(from);
  zongji.on('ready', () => {
    const { prototype } = (
      zongji as unknown as { BinlogClass: { prototype: { binlogData: BinlogData } } }
    ).BinlogClass;
    const original = prototype.binlogData;
    prototype.binlogData = function observed(packet, connection) {
      tap.observe(packet);
      return original.call(this, packet, connection);
    };
  });
  return tap;
}
