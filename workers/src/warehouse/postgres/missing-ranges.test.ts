import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { missingRanges } from './missing-ranges.ts';

const part = (partition: number, from: number, to: number) => ({ partition, from, to });
const range = (partition: number, from: number, to: number) => ({
  topic: 'bank',
  ...part(partition, from, to),
});

describe('what is missing of a run', () => {
  it.each([
    {
      what: 'everything when nothing is stored',
      ranges: [range(0, 5, 9)],
      stored: [],
      missing: [part(0, 5, 9)],
    },
    {
      what: 'nothing of what is stored',
      ranges: [range(0, 5, 9)],
      stored: [part(0, 5, 7), part(0, 7, 9)],
      missing: [],
    },
    { what: 'nothing of an empty range', ranges: [range(0, 5, 5)], stored: [], missing: [] },
    {
      what: 'what comes after a load cut short',
      ranges: [range(0, 5, 9)],
      stored: [part(0, 5, 7)],
      missing: [part(0, 7, 9)],
    },
    {
      what: 'what lies before, between and behind',
      ranges: [range(0, 5, 20)],
      stored: [part(0, 8, 10), part(0, 12, 15)],
      missing: [part(0, 5, 8), part(0, 10, 12), part(0, 15, 20)],
    },
    {
      what: 'no more than the range',
      ranges: [range(0, 5, 9)],
      stored: [part(0, 0, 6), part(0, 8, 20)],
      missing: [part(0, 6, 8)],
    },
    {
      what: 'of each partition its own',
      ranges: [range(0, 0, 4), range(1, 0, 4)],
      stored: [part(1, 0, 4)],
      missing: [part(0, 0, 4)],
    },
  ])('is $what', ({ ranges, stored, missing }) => {
    expect(missingRanges(ranges, stored)).toEqual(missing);
  });

  it('is each offset of the ranges that no part holds, once', () => {
    const span = fc
      .record({ partition: fc.nat(1), from: fc.nat(20), length: fc.nat(9) })
      .map(({ partition, from, length }) => range(partition, from, from + length));
    const offsetsOf = (all: readonly ReturnType<typeof part>[]) =>
      all.flatMap(({ partition, from, to }) =>
        Array.from({ length: to - from }, (_, n) => `${partition}:${from + n}`),
      );
    fc.assert(
      fc.property(span, fc.array(span, { maxLength: 6 }), (wanted, stored) => {
        const had = new Set(offsetsOf(stored));
        expect(offsetsOf(missingRanges([wanted], stored))).toEqual(
          offsetsOf([wanted]).filter((offset) => !had.has(offset)),
        );
      }),
    );
  });
});
