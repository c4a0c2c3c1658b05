import { expect, it } from 'vitest';

import { describeBroken, seedsToRun } from './seeds.ts';

const SEEDS = seedsToRun({ from: 1_000_000, count: 20_000 }, process.env['TIDEGATE_SIM_SEED']);

it(`keeps every invariant for ${SEEDS.length} further seeds`, () => {
  expect(describeBroken(SEEDS, 'long')).toEqual([]);
});
