import { describe, expect, it } from 'vitest';

import { murmur2, Partitioner } from './partitioner.ts';

describe('murmur2', () => {
  // From org.apache.kafka.common.utils.UtilsTest.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])("answers for %s what Java's does", (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });
});

describe('Partitioner', () => {
  it('keeps a key in its partition and deals out records without one', () => {
    const partitioner = new Partitioner();
    const key = Buffer.from('foobar');
    expect(partitioner.choose(key, 7)).toBe((-790332482 & 0x7fffffff) % 7);
    expect([0, 1, 2, 3].map(() => partitioner.choose(null, 3))).toEqual([0, 1, 2, 0]);
  });
});
