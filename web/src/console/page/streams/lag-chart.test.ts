import { expect, it } from 'vitest';

import { toChart } from './lag-chart.ts';

const at = (atMs: number, seconds: number | null) => ({ atMs, seconds, records: 0 });

it('scales seconds to round numbers', () => {
  const { ticks, top, line } = toChart([at(0, 0), at(1_000, 317)], 100, 50);
  expect(top).toBe(360);
  expect(ticks).toEqual([0, 120, 240, 360]);
  expect(line).toBe('M0 50L100 6');
});

it('leaves a gap where the lag is unknown, and no area then', () => {
  const { line, area } = toChart([at(0, 1), at(500, null), at(1_000, 1)], 100, 10);
  expect(line).toBe('M0 0M100 0');
  expect(area).toBe('');
});
