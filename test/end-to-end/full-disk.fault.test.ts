import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeUnlessMissing, describeWith } from '../services/services.ts';
import { type BankUnderLoad, GOES_ON_WITHIN_MS } from './bank-under-load.ts';
import { OwnBankSource } from './own-bank-source.ts';
import { SmallDisk } from './small-disk.ts';
import { StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';

const DISK_MB = 400;
const FULL_MS = 10_000;

const missing = SmallDisk.isAvailable ? [] : ['disk that can be mounted'];

describeUnlessMissing(missing, 'on a disk that is full', () =>
  describeWith(['mariadb'], 'the bank pipeline', () => {
    const env: NodeJS.ProcessEnv = {};
    const standalone = new StandaloneUnderTest({ env });
    let disk: SmallDisk;
    let source: OwnBankSource;
    let bank: BankUnderLoad;
    beforeAll(async () => {
      disk = new SmallDisk(standalone.home, DISK_MB);
      // MariaDB itself looks for space once a minute: it has another disk.
      source = await OwnBankSource.start('mariadb');
      Object.assign(env, source.env);
      await standalone.start();
      bank = await source.load(standalone, 9);
    }, 120_000);
    afterAll(async () => {
      await bank[Symbol.asyncDispose]();
      disk[Symbol.dispose]();
      await standalone[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    }, 90_000);
    tellFailures(standalone);

    it('waits while databases and logs find no room, and goes on by itself when there is some', async () => {
      bank.source.startLoad();
      await delay(1_000);
      const full = disk.fill();
      await delay(FULL_MS);
      full[Symbol.dispose]();
      expect(await bank.timeToGoOn('a full disk')).toBeLessThan(GOES_ON_WITHIN_MS);
      expect(await bank.faultsAtRest()).toEqual([]);
      const said = await readFile(path.join(standalone.home, 'logs', 'postgres.log'), 'utf8');
      expect(said).toContain('No space left on device');
    });
  }),
);
