import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';

import { MemoryLog } from '../../../test/cdc/bank-events.ts';
import { loadAccounts, recomputeUserStats } from '../../../test/cdc/bank-tasks.ts';
import {
  BANK_TOPIC,
  bankContext,
  createBankWarehouse,
  type BankTask,
  type BankWarehouse,
} from '../../../test/cdc/bank-warehouse.ts';
import { accounts } from '../../../dags/src/bank_accounts/accounts.ts';
import { describeWith } from '../../../test/services/services.ts';
import { loadChanges } from './load-changes.ts';
import { recomputeStats } from './recompute-stats.ts';

const row = (id: number) => ({ id, user_id: 1, account: `account ${id}` });

describeWith(['postgres'], 'targets as they come', () => {
  let warehouse: BankWarehouse;
  let log: MemoryLog;
  const context = (task: Partial<BankTask> = {}) =>
    bankContext({ log, url: warehouse.url, ...task });
  const range = (from: number, to: number) => [{ topic: BANK_TOPIC, partition: 0, from, to }];

  beforeAll(async () => {
    warehouse = await createBankWarehouse();
  });
  afterAll(async () => {
    await warehouse[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    log = new MemoryLog();
    log.change({ op: 'c', after: row(1), pos: 100 });
    log.change({ op: 'c', after: row(2), pos: 200 });
  });

  it('have no statistics to recompute before anything was loaded', async () => {
    expect(await recomputeUserStats(context())).toEqual({ groups: 0, removed: 0 });
    await loadAccounts(context());
    expect(await recomputeUserStats(context())).toEqual({ groups: 1, removed: 0 });
  });

  it('are told apart from statistics by columns the loads do not keep', async () => {
    await loadAccounts(context());
    const byAccount = recomputeStats({
      connection: 'bankdw',
      table: 'user_account_stats',
      from: 'bank_accounts_current',
      by: 'account',
      columns: {},
    });
    await expect(byAccount(context())).rejects.toMatchObject({ code: 'GROUP_UNKNOWN' });
  });

  it('may not be unique by anything but the key', async () => {
    await warehouse.client.query(
      'create table swapped (original_id bigint primary key, user_id bigint, account text unique)',
    );
    const load = loadChanges({
      connection: 'bankdw',
      table: accounts,
      current: 'swapped',
      key: { original_id: 'id' },
      map: ({ user_id, account }) => ({ user_id, account }),
    });
    await expect(load(context())).rejects.toMatchObject({
      code: 'TARGET_UNIQUE',
      message: expect.stringContaining('drop index swapped_account_key') as string,
    });
    await warehouse.client.query('alter table swapped drop constraint swapped_account_key');
    expect(await load(context())).toMatchObject({ changes: 2 });
  });

  it('may get a column between two tries', async () => {
    await warehouse.client.query(
      'create table grown (original_id bigint primary key, user_id bigint)',
    );
    const load = (withAccount: boolean) =>
      loadChanges({
        connection: 'bankdw',
        table: accounts,
        current: 'grown',
        key: { original_id: 'id' },
        map: ({ user_id, account }) => (withAccount ? { user_id, account } : { user_id }),
      });
    const first = [0, 1].map((at) =>
      load(false)(context({ loadId: `first ${at}`, ranges: range(at, at + 1) })),
    );
    await Promise.all(first);
    await warehouse.client.query('alter table grown add column account text');
    const second = context({ loadId: 'second' });
    await expect(load(true)(second)).rejects.toMatchObject({ code: 'MAP_INCOMPLETE' });
    expect(await load(true)(second)).toMatchObject({ changes: 2 });
    expect(await warehouse.rows('select account from grown order by original_id')).toEqual([
      { account: 'account 1' },
      { account: 'account 2' },
    ]);
  });

  it('are waited for while a failover leaves them read-only', async () => {
    const name = new URL(warehouse.url).pathname.slice(1);
    const waits: (string | undefined)[] = [];
    await warehouse.client.query(`alter database "${name}" set default_transaction_read_only = on`);
    const loading = loadAccounts(
      context({ loadId: 'waits', waits, url: `${warehouse.url}?application_name=waits` }),
    );
    await vi.waitFor(() => expect(waits[0]).toMatch(/read-only transaction/), 5_000);
    await warehouse.client.query(`alter database "${name}" reset default_transaction_read_only`);
    expect(await loading).toMatchObject({ changes: 2 });
    expect(waits.at(-1)).toBeUndefined();
  });
});
