import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../services/services.ts';
import { BankUnderLoad, GOES_ON_WITHIN_MS } from './bank-under-load.ts';
import { signal, StandaloneUnderTest } from './standalone-under-test.ts';

const AWAY_MS = 20_000;
const SILENT_MS = 10_000;

describeWith(['mysql'], 'the bank pipeline, databases away', () => {
  const standalone = new StandaloneUnderTest();
  let bank: BankUnderLoad;
  beforeAll(async () => {
    await standalone.start();
    bank = await BankUnderLoad.open(standalone, 4);
  }, 120_000);
  afterAll(async () => {
    signal(standalone.pid, 'SIGCONT');
    await bank[Symbol.asyncDispose]();
    await standalone[Symbol.asyncDispose]();
  }, 90_000);
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(standalone.story);
  });

  it.each(['postgres', 'mysql'] as const)(
    'waits while nothing answers at the port of %s, and goes on by itself',
    async (server) => {
      bank.source.startLoad();
      await delay(1_000);
      // Who would start it again stands still meanwhile.
      signal(standalone.pid, 'SIGSTOP');
      await standalone.kill(server);
      await delay(AWAY_MS);
      signal(standalone.pid, 'SIGCONT');
      expect(await bank.timeToGoOn(`20 s without ${server}`)).toBeLessThan(GOES_ON_WITHIN_MS);
      expect(await bank.faultsAtRest()).toEqual([]);
    },
  );

  it.each(['postgres', 'mysql'] as const)(
    'waits while %s takes connections and never answers, and goes on by itself',
    async (server) => {
      bank.source.startLoad();
      await delay(1_000);
      await standalone.standStill(server, SILENT_MS);
      expect(await bank.timeToGoOn(`a silent ${server}`)).toBeLessThan(GOES_ON_WITHIN_MS);
      expect(await bank.faultsAtRest()).toEqual([]);
    },
  );
});
