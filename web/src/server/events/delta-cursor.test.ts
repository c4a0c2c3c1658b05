import { expect, it } from 'vitest';

import { DeltaCursor } from './delta-cursor.ts';

const rows = (...keys: number[]) => keys.map((key) => ({ delta_key: key, changes: '{}' }));

it('asks again for keys that were left out, until they come', () => {
  const cursor = new DeltaCursor(0);
  cursor.moveOver(rows(1, 2, 5), 0);
  expect([cursor.after, cursor.holes]).toEqual([5, [3, 4]]);
  cursor.moveOver(rows(4, 6), 100);
  expect([cursor.after, cursor.holes]).toEqual([6, [3]]);
});

it('gives a key up after half a minute: its transaction was rolled back', () => {
  const cursor = new DeltaCursor(0);
  cursor.moveOver(rows(2), 0);
  cursor.moveOver(rows(4), 20_000);
  expect(cursor.holes).toEqual([1, 3]);
  cursor.moveOver([], 30_000);
  expect(cursor.holes).toEqual([3]);
});

it('begins a little behind the newest key, for what is not committed yet', () => {
  expect(new DeltaCursor(100).after).toBe(80);
});
