import { FAILPOINTS, type FailpointName } from '@tidegate/engine/platform';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../services/services.ts';
import { armFailpoint } from './armed-failpoint.ts';
import { BankUnderLoad } from './bank-under-load.ts';
import { StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';

/** Passed with Kafka or BullMQ only, or by hand: their tests are beside this one. */
const ELSEWHERE = /^(kafka|outbox|job|register|rewrite)\.|^capture\.chunk-read$/;

const NAMES = (Object.keys(FAILPOINTS) as FailpointName[]).filter((name) => !ELSEWHERE.test(name));

describeWith(['mariadb'], 'the bank pipeline, killed beside every external effect', () => {
  const standalone = new StandaloneUnderTest();
  let bank: BankUnderLoad;
  beforeAll(async () => {
    // The first chunk of the snapshot is read twice.
    const chunk = armFailpoint(standalone.failpoints, 'capture.chunk-read', 'kill');
    await standalone.start();
    await chunk.hit();
    bank = await BankUnderLoad.open(standalone, 2);
  }, 120_000);
  afterAll(async () => {
    await bank[Symbol.asyncDispose]();
    await standalone[Symbol.asyncDispose]();
  }, 90_000);
  tellFailures(standalone);

  it.each(NAMES)('loses and doubles nothing at %s', async (name) => {
    bank.source.startLoad();
    await armFailpoint(standalone.failpoints, name, 'kill').hit();
    await bank.timeToGoOn(name);
    expect(await bank.faultsAtRest()).toEqual([]);
  });

  it.each(['flush.locked', 'run.before-commit', 'load.staged', 'finish.answered'] as const)(
    'loses and doubles nothing when %s throws',
    async (name) => {
      bank.source.startLoad();
      await armFailpoint(standalone.failpoints, name, 'throw').hit();
      await bank.timeToGoOn(`${name} throws`);
      expect(await bank.faultsAtRest()).toEqual([]);
    },
  );
});
