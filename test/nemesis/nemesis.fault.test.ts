import { afterEach, expect, it } from 'vitest';

import { BankUnderLoad } from '../end-to-end/bank-under-load.ts';
import type { StandaloneUnderTest } from '../end-to-end/standalone-under-test.ts';
import { describeWith } from '../services/services.ts';
import { runNemesis } from './nemesis.ts';
import { startEmbeddedLane } from './nemesis-lanes.ts';
import { RECOVERS_WITHIN_MS } from './recovery.ts';

/** A slice of the long run. */
const SEED = 11;
const STRIKES = 8;
const AT_MOST_MS = 60_000;
const SETTLES_WITHIN_MS = 120_000;

let tried: StandaloneUnderTest | undefined;
afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.error(tried?.story);
});

describeWith(['mariadb'], 'npm start under a short storm of random faults', () => {
  it('loses and doubles nothing', { timeout: 400_000 }, async () => {
    await using lane = await startEmbeddedLane();
    const { standalone, faults } = lane;
    tried = standalone;
    await using bank = await BankUnderLoad.open(standalone, SEED);
    bank.source.startLoad(60);
    const storm = { seed: SEED, faults, pauseMs: [500, 2_500], strikes: STRIKES } as const;
    await runNemesis(storm, AT_MOST_MS);
    await bank.timeToGoOn('the storm', RECOVERS_WITHIN_MS);
    const faultsLeft = await bank.faultsAtRest(SETTLES_WITHIN_MS);
    expect(faultsLeft).toEqual([]);
  });
});
