import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../services/services.ts';
import { BankUnderLoad, GOES_ON_WITHIN_MS } from './bank-under-load.ts';
import { descendantsOf } from './process-tree.ts';
import { holdsPromise } from './promise.ts';
import { isAlive, signal, StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';
import { untilTrue } from './until.ts';

describeWith(['mariadb'], 'the bank pipeline, kill -9 in mid-load', () => {
  const standalone = new StandaloneUnderTest();
  let bank: BankUnderLoad;
  beforeAll(async () => {
    await standalone.start();
    bank = await BankUnderLoad.open(standalone);
  }, 120_000);
  afterAll(async () => {
    await bank[Symbol.asyncDispose]();
    await standalone[Symbol.asyncDispose]();
  }, 90_000);
  tellFailures(standalone);

  it.each(['worker', 'task', 'scheduler', 'capture'] as const)(
    'loses and doubles nothing when the %s process dies, twice',
    async (part) => {
      bank.source.startLoad();
      for (let round = 0; round < 2; round += 1) {
        const what = `kill -9 of ${part}`;
        await holdsPromise(what, async () => {
          await delay(1_500);
          await standalone.kill(part);
          return bank.timeToGoOn(what);
        });
      }
      expect(await bank.faultsAtRest()).toEqual([]);
    },
  );

  it('loses and doubles nothing when everything dies at once and is started again', async () => {
    bank.source.startLoad();
    const what = 'kill -9 of everything';
    await holdsPromise(what, async () => {
      await delay(2_000);
      await standalone.killAll();
      const [tookMs] = await Promise.all([bank.timeToGoOn(what), standalone.start()]);
      return tookMs;
    });
    expect(await bank.faultsAtRest()).toEqual([]);
  });

  it('leaves nothing running when its parent dies, and goes on when that is started again at once', async () => {
    bank.source.startLoad();
    const children = descendantsOf(standalone.pid).map(({ pid }) => pid);
    signal(standalone.pid, 'SIGKILL');
    await standalone.start();
    await untilTrue('the old processes to be gone', () => !children.some(isAlive));
    await bank.timeToGoOn('kill -9 of the parent');
    expect(await bank.faultsAtRest()).toEqual([]);
  });

  it.each(['postgres', 'mysql'] as const)(
    'waits for %s, which is started again where it was, and goes on',
    async (server) => {
      bank.source.startLoad();
      await delay(1_500);
      await standalone.kill(server);
      expect(await bank.timeToGoOn(`kill -9 of ${server}`)).toBeLessThan(GOES_ON_WITHIN_MS);
      expect(await bank.faultsAtRest()).toEqual([]);
    },
  );
});
