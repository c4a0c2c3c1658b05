import { expect, it } from 'vitest';

import { findCommitTime } from './commit-time.ts';

/** Microseconds since 1970 that need more than 48 bits, as every date of this century. */
const HERE = 1_795_341_311_967_701n;
const FIRST = 1_795_341_000_000_001n;
const OTHER_FOLLOWS = 1n << 55n;

function bodyWith(...times: readonly bigint[]): Buffer {
  const body = Buffer.alloc(42 + times.length * 7 + 4);
  for (const [index, time] of times.entries()) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(time);
    bytes.copy(body, 42 + index * 7, 0, 7);
  }
  return body;
}

it('is the one time where a transaction was committed on this server first', () => {
  const body = bodyWith(HERE);
  expect(findCommitTime(body, 0, body.length)).toBe(Number(HERE));
});

it('is the time on the first server where this one is a replica', () => {
  const body = bodyWith(HERE | OTHER_FOLLOWS, FIRST);
  expect(findCommitTime(body, 0, body.length)).toBe(Number(FIRST));
});

it('is unknown of an event without it, with or without a checksum', () => {
  const body = bodyWith();
  expect(findCommitTime(body, 0, body.length)).toBeUndefined();
  expect(findCommitTime(body, 0, 42)).toBeUndefined();
});
