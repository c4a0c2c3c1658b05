import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../services/services.ts';
import { BankUnderLoad } from './bank-under-load.ts';
import { holdsPromise } from './promise.ts';
import { StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';

const HOURS_MS = 3_600_000;

describeWith(['mariadb'], 'the bank pipeline, clocks that jump', () => {
  const env: NodeJS.ProcessEnv = {};
  const standalone = new StandaloneUnderTest({ env });
  const clock = path.join(standalone.scratch, 'clock');
  let bank: BankUnderLoad;
  /** Of all our processes; those of the databases stay right. */
  const setClocks = (offsetMs: number): void => writeFileSync(clock, String(offsetMs));
  beforeAll(async () => {
    setClocks(0);
    env['SHIFTED_CLOCK'] = clock;
    env['NODE_OPTIONS'] = `--import ${new URL('shifted-clock.mjs', import.meta.url).href}`;
    await standalone.start();
    bank = await BankUnderLoad.open(standalone, 8);
  }, 120_000);
  afterAll(async () => {
    await bank[Symbol.asyncDispose]();
    await standalone[Symbol.asyncDispose]();
  }, 90_000);
  tellFailures(standalone);

  it('goes on through jumps of hours, by the time of the database; who has signed in stays so', async () => {
    const token = await standalone.signIn();
    bank.source.startLoad();
    for (const hours of [2, -2, 0]) {
      await holdsPromise(`clocks off by ${hours} h`, async () => {
        setClocks(hours * HOURS_MS);
        await delay(1_000);
        return bank.timeToGoOn(`clocks off by ${hours} h`);
      });
      expect(await isSignedIn(standalone.url, token)).toBe(true);
    }
    expect(await bank.faultsAtRest()).toEqual([]);
    expect(await wrongTimes(standalone.metadataUrl)).toEqual([]);
  });
});

async function isSignedIn(url: string, token: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/v2/dags`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return answer.status === 200;
}

/** Runs and tries whose times are not of the last minutes, or that end before they start. */
async function wrongTimes(metadataUrl: string): Promise<object[]> {
  const client = new pg.Client(metadataUrl);
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(
    `select run.run_id, try.ix, try.start_ms, try.end_ms
       from tidegate.dag_run as run
       join tidegate.task_try as try using (run_key)
      where abs(extract(epoch from now() - run.run_after)) > 900
         or abs(extract(epoch from now()) * 1000 - try.start_ms) > 900000
         or abs(extract(epoch from now()) * 1000 - try.end_ms) > 900000
         or try.end_ms < try.start_ms
      limit 5`,
  );
  await client.end();
  return rows;
}
