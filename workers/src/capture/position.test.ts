import { expect, it } from 'vitest';

import { comparePositions, fileNumber, unwrapPosition } from './position.ts';

const WRAP = 2 ** 32;

it.each([
  ['an ordinary position', 500, 500, 500],
  ['one that wrapped just now', 100, WRAP + 100, WRAP + 100],
  ['one far beyond the wrap', 7, 3 * WRAP + 7, 3 * WRAP + 7],
  ['one just before the wrap', WRAP - 1, WRAP - 1, WRAP - 1],
  ['one that lies behind what was counted', WRAP - 10, WRAP + 5, WRAP - 10],
  ['one that lies ahead of what was counted', 20, WRAP - 5, WRAP + 20],
])('unwraps %s', (_, ...[low32, expected, wanted]) => {
  expect(unwrapPosition(low32, expected)).toBe(wanted);
});

it('orders files by number, not by text', () => {
  expect(fileNumber('binlog.000009')).toBe(9);
  const a = { file: 'binlog.999999', pos: 4 };
  const b = { file: 'binlog.1000000', pos: 4 };
  expect(comparePositions(a, b)).toBeLessThan(0);
  expect(comparePositions({ ...a, pos: 5 }, a)).toBeGreaterThan(0);
});
