import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../services/services.ts';
import { type BankUnderLoad, GOES_ON_WITHIN_MS } from './bank-under-load.ts';
import { OwnBankSource } from './own-bank-source.ts';
import { StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';

describeWith(['mysql'], 'the bank pipeline on MySQL 8, as compose sets it up', () => {
  const env: NodeJS.ProcessEnv = {};
  const standalone = new StandaloneUnderTest({ env });
  let source: OwnBankSource;
  let bank: BankUnderLoad;
  beforeAll(async () => {
    source = await OwnBankSource.start('mysql');
    Object.assign(env, source.env);
    await standalone.start();
    bank = await source.load(standalone, 8);
  }, 120_000);
  afterAll(async () => {
    await bank[Symbol.asyncDispose]();
    await standalone[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  }, 90_000);
  tellFailures(standalone);

  it('loads every change once, with its time in finer parts than MariaDB tells', async () => {
    bank.source.startLoad();
    await bank.timeToGoOn('a start on MySQL');
    expect(await bank.faultsAtRest()).toEqual([]);
    const warehouse = new pg.Client({ connectionString: standalone.warehouseUrl });
    await warehouse.connect();
    const { rows } = await warehouse.query<{ whole: number; all: number }>(`
      select count(*) filter (where date_trunc('second', change_timestamp) = change_timestamp)::int as whole,
             count(*)::int as all
        from bank_accounts_history where not is_snapshot`);
    await warehouse.end();
    const [{ whole, all }] = rows as [{ whole: number; all: number }];
    expect(whole).toBeLessThan(all / 10);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'waits for a server ended by %s in mid-load, and goes on by itself',
    async (signal) => {
      bank.source.startLoad();
      await source.server.stop(signal);
      await source.server.start();
      expect(await bank.timeToGoOn(`${signal} of MySQL`)).toBeLessThan(GOES_ON_WITHIN_MS);
      expect(await bank.faultsAtRest()).toEqual([]);
    },
  );

  it('loses and doubles nothing when capture is killed', async () => {
    bank.source.startLoad();
    await standalone.kill('capture');
    expect(await bank.timeToGoOn('kill -9 of capture')).toBeLessThan(GOES_ON_WITHIN_MS);
    expect(await bank.faultsAtRest()).toEqual([]);
  });
});
