import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { countRecords, planRanges, type Backlog } from './plan-ranges.ts';

const backlogs = fc
  .array(fc.tuple(fc.nat(1_000_000), fc.nat(5_000)), { maxLength: 12 })
  .map((sizes): Backlog[] =>
    sizes.map(([from, size], partition) => ({ partition, from, end: from + size })),
  );

describe('planRanges', () => {
  it('takes all there is, up to the most a run may have', () => {
    fc.assert(
      fc.property(backlogs, fc.integer({ min: 1, max: 20_000 }), (ahead, maxRecords) => {
        const there = countRecords(ahead.map(({ end, ...rest }) => ({ ...rest, to: end })));
        expect(countRecords(planRanges(ahead, maxRecords))).toBe(Math.min(there, maxRecords));
      }),
    );
  });

  it('starts every range where its partition stands and never goes beyond the end', () => {
    fc.assert(
      fc.property(backlogs, fc.integer({ min: 1, max: 20_000 }), (ahead, maxRecords) => {
        for (const range of planRanges(ahead, maxRecords)) {
          const own = ahead.find((backlog) => backlog.partition === range.partition);
          expect(range.from).toBe(own?.from);
          expect(range.to).toBeLessThanOrEqual(own?.end ?? -1);
          expect(range.to).toBeGreaterThan(range.from);
        }
      }),
    );
  });

  it('reads a small partition whole beside a busy one', () => {
    const ahead = [
      { partition: 0, from: 10, end: 1_000_010 },
      { partition: 1, from: 5, end: 25 },
      { partition: 2, from: 7, end: 7 },
    ];
    expect(planRanges(ahead, 100)).toEqual([
      { partition: 0, from: 10, to: 90 },
      { partition: 1, from: 5, to: 25 },
    ]);
  });

  it('has no ranges when nothing is ahead', () => {
    expect(planRanges([{ partition: 0, from: 3, end: 3 }], 10)).toEqual([]);
  });
});
