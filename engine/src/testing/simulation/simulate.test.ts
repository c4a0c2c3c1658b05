import { describe, expect, it } from 'vitest';

import type { MemoryStore } from '../../store/memory/memory-store.ts';
import { describeBroken, seedsToRun } from './seeds.ts';
import { simulate } from './simulate.ts';

/** Far above what they take: a loaded machine is no fault. */
const PATIENCE_MS = 170_000;

const SEEDS = seedsToRun({ from: 1, count: 1_200 }, process.env['TIDEGATE_SIM_SEED']);

it(
  `keeps every invariant through crashes, lost, doubled and late messages (${SEEDS.length} seeds)`,
  { timeout: PATIENCE_MS },
  () => {
    expect(describeBroken(SEEDS, 'quick')).toEqual([]);
  },
);

it('does the same again with the same seed', () => {
  expect(simulate(7)).toEqual(simulate(7));
});

describe('a spoiled store is noticed', { timeout: PATIENCE_MS }, () => {
  it.each([
    ['I6 a counter that is not written', forgettingCounters, /^I6 /],
    ['I9 a late report that is taken', takingAnyToken, /^I9 /],
    ['I12 a slot that is not counted', forgettingSlots, /^I12 /],
  ])('%s', (_what, tamper, expected) => {
    const broken = Array.from({ length: 20 }, (_, at) => simulate(at + 1, { tamper }).broken);
    expect(broken.flat().filter((text) => expected.test(text))).not.toEqual([]);
  });
});

function forgettingCounters(store: MemoryStore): void {
  afterEachFlush(store, () => {
    for (const row of store.tasks.values()) row.success = 0;
  });
}

function forgettingSlots(store: MemoryStore): void {
  afterEachFlush(store, () => {
    for (const limit of store.limits.values()) limit.used = 0;
  });
}

/** As if the compare-and-set of a report did not look at the token. */
function takingAnyToken(store: MemoryStore): void {
  const flush = store.flush.bind(store);
  store.flush = (batch) => {
    const reports = batch.reports.map((report) => {
      const held = store.listTasks(report.runKey)[report.ix];
      return { ...report, tryNumber: held?.tryNumber ?? 0, token: held?.token ?? 0 };
    });
    return flush({ ...batch, reports });
  };
}

function afterEachFlush(store: MemoryStore, spoil: () => void): void {
  const flush = store.flush.bind(store);
  store.flush = (batch) => {
    const writes = flush(batch);
    spoil();
    return writes;
  };
}
