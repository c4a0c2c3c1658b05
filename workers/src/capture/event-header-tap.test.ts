import { expect, it } from 'vitest';

import { HeaderTap } from './event-header-tap.ts';

interface Header {
  readonly type: number;
  readonly length: number;
  readonly next: number;
  readonly flags?: number;
}

function packet({ type, length, next, flags = 0 }: Header): {
  buffer: Buffer;
  offset: number;
  end: number;
} {
  const buffer = Buffer.alloc(24);
  buffer.writeUInt32LE(1_700_000_000, 5);
  buffer.writeUInt8(type, 9);
  buffer.writeUInt32LE(42, 10);
  buffer.writeUInt32LE(length, 14);
  buffer.writeUInt32LE(next >>> 0, 18);
  buffer.writeUInt16LE(flags, 22);
  return { buffer, offset: 4, end: 24 };
}

const WRITE_ROWS = 30;

it('knows where an event starts from its end and length', () => {
  const tap = new HeaderTap({ file: 'b.000001', pos: 100 });
  tap.observe(packet({ type: WRITE_ROWS, length: 60, next: 160 }));
  expect([tap.start, tap.end, tap.serverId, tap.changedAtUs]).toEqual([
    100, 160, 42, 1_700_000_000_000_000,
  ]);
});

it('counts on where the server leaves the end out, as MariaDB 11.4 does inside transactions', () => {
  const tap = new HeaderTap({ file: 'b.000001', pos: 100 });
  tap.observe(packet({ type: WRITE_ROWS, length: 60, next: 0 }));
  tap.observe(packet({ type: WRITE_ROWS, length: 40, next: 0 }));
  expect([tap.start, tap.end]).toEqual([160, 200]);
});

it('goes on counting beyond 2^32', () => {
  const tap = new HeaderTap({ file: 'b.000001', pos: 2 ** 32 - 10 });
  tap.observe(packet({ type: WRITE_ROWS, length: 60, next: 50 }));
  expect([tap.start, tap.end]).toEqual([2 ** 32 - 10, 2 ** 32 + 50]);
});

it.each([
  ['the format event repeated at a connect', { type: 15, length: 250, next: 0 }],
  ['the artificial rotate', { type: 4, length: 40, next: 0, flags: 0x20 }],
  ['a heartbeat', { type: 27, length: 40, next: 100 }],
])('does not count %s', (_, header) => {
  const tap = new HeaderTap({ file: 'b.000001', pos: 100 });
  tap.observe(packet(header));
  expect([tap.start, tap.end]).toEqual([100, 100]);
});
