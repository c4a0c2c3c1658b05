import { afterEach, expect, it } from 'vitest';

import { BankUnderLoad } from '../end-to-end/bank-under-load.ts';
import type { StandaloneUnderTest } from '../end-to-end/standalone-under-test.ts';
import { describeWith } from '../services/services.ts';
import { Random } from '../../engine/src/testing/simulation/random.ts';
import { choose, nemesisSeed, runNemesis } from './nemesis.ts';
import { type NemesisLane, startEmbeddedLane, startServicesLane } from './nemesis-lanes.ts';
import { kills, PROGRAMS, SERVERS } from './process-faults.ts';
import { percentilesOf, RECOVERS_WITHIN_MS } from './recovery.ts';

const MINUTES = Number(process.env['TIDEGATE_NEMESIS_MINUTES'] ?? 10);
const KILLS = Number(process.env['TIDEGATE_NEMESIS_KILLS'] ?? 1_000);
const SETTLES_WITHIN_MS = 300_000;
let tried: StandaloneUnderTest | undefined;

afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.error(tried?.story);
});

describeWith(['mariadb'], 'npm start under random faults', () => {
  it(`loses and doubles nothing in ${MINUTES} minutes`, () => endure(startEmbeddedLane));

  it(`loses and doubles nothing by ${KILLS} random kills`, async () => {
    const seed = nemesisSeed();
    await using lane = await startEmbeddedLane();
    const { standalone } = lane;
    tried = standalone;
    await using bank = await BankUnderLoad.open(standalone, seed);
    bank.source.startLoad();
    const random = new Random(seed);
    const faults = kills(standalone, [...PROGRAMS, ...SERVERS]);
    const times: number[] = [];
    const timesOf = new Map<string, number[]>(faults.map(({ name }) => [name, []]));
    for (let round = 0; round < KILLS; round += 1) {
      const fault = choose(random, faults);
      await fault.strike(random);
      const tookMs = await bank.timeToGoOn(fault.name, RECOVERS_WITHIN_MS);
      times.push(tookMs);
      timesOf.get(fault.name)?.push(tookMs);
      if (times.length % 50 === 0) console.log(JSON.stringify(percentilesOf(times)));
    }
    const faultsLeft = await bank.faultsAtRest(SETTLES_WITHIN_MS);
    const each = [...timesOf].map(([name, own]) => [name, percentilesOf(own)] as const);
    const recoveryMs = { ...percentilesOf(times), each: Object.fromEntries(each) };
    const report = { seed, changes: bank.source.changes, recoveryMs };
    console.log(JSON.stringify({ test: 'random kills', ...report }));
    expect(faultsLeft).toEqual([]);
  });
});

describeWith(
  ['mysql', 'postgres', 'kafka', 'redis'],
  'Kafka and BullMQ under random faults',
  () => {
    it(`lose and double nothing in ${MINUTES} minutes`, () => endure(startServicesLane));
  },
);

async function endure(start: () => Promise<NemesisLane>): Promise<void> {
  const seed = nemesisSeed();
  await using lane = await start();
  const { standalone } = lane;
  tried = standalone;
  const faults = [...lane.faults, ...lane.lasting];
  await using bank = await BankUnderLoad.open(standalone, seed);
  bank.source.startLoad();
  const struck = await runNemesis({ seed, faults }, MINUTES * 60_000);
  const recoveredMs = await bank.timeToGoOn('all faults', RECOVERS_WITHIN_MS);
  const faultsLeft = await bank.faultsAtRest(SETTLES_WITHIN_MS);
  const report = {
    seed,
    changes: bank.source.changes,
    recoveredMs,
    struck: Object.fromEntries(struck),
  };
  console.log(JSON.stringify({ test: 'nemesis', minutes: MINUTES, ...report }));
  expect(faultsLeft).toEqual([]);
}
