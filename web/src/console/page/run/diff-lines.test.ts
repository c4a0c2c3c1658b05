import { expect, it } from 'vitest';

import { diffLines, maskLine } from './diff-lines.ts';

const shown = (before: readonly string[], after: readonly string[]): string[] =>
  diffLines(before, after).map(({ kind, index }) =>
    kind === 'removed' ? `-${before[index] ?? ''}` : `+${after[index] ?? ''}`,
  );

it.each([
  [[], [], []],
  [['a', 'b'], ['a', 'b'], []],
  [['a'], [], ['-a']],
  [
    ['a', 'b', 'c'],
    ['a', 'x', 'c'],
    ['-b', '+x'],
  ],
  [
    ['a', 'c'],
    ['a', 'b', 'c', 'd'],
    ['+b', '+d'],
  ],
  [['a', 'a', 'b'], ['a', 'b'], ['-a']],
  [
    ['a', 'b', 'c', 'd'],
    ['b', 'd', 'e'],
    ['-a', '-c', '+e'],
  ],
])('from %j to %j finds %j', (before, after, changes) => {
  expect(shown(before, after)).toEqual(changes);
});

it('passes over instants, spans and random ids, and sees counts', () => {
  const before = 'read 3 rows of 7f1c22aa90 in 12 ms at 2026-11-21T10:09:17.123Z, process 411';
  const after = 'read 3 rows of 00be4411cd in 1.5 s at 2026-11-22T01:00:00Z, process 9';
  expect(maskLine(before)).toBe('read 3 rows of · in · at ·, ·');
  expect(shown([before], [after])).toEqual([]);
  expect(shown(['read 3 rows'], ['read 4 rows'])).toEqual(['-read 3 rows', '+read 4 rows']);
});

it('finds what is new in logs too long to align', () => {
  const long = Array.from({ length: 3_000 }, (_, index) => `line number${index}`);
  const other = ['first', ...long.toReversed(), 'last'];
  expect(shown(['begin', ...long, 'end'], other)).toEqual(['-begin', '-end', '+first', '+last']);
});
