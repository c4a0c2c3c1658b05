import { systemClock } from '@tidegate/engine/platform';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { accounts } from '../../../dags/src/bank_accounts/accounts.ts';
import { MemoryLog } from '../../../test/cdc/bank-events.ts';
import { actualTables, expectedTables } from '../../../test/cdc/bank-oracle.ts';
import {
  bankTarget,
  loadAccounts,
  loadWith,
  recomputeUserStats,
} from '../../../test/cdc/bank-tasks.ts';
import {
  BANK_TOPIC,
  bankContext,
  createBankWarehouse,
  type BankWarehouse,
} from '../../../test/cdc/bank-warehouse.ts';
import { describeWith } from '../../../test/services/services.ts';
import { cleanUp, KEEP_MS, type CleanUp } from '../warehouse/postgres/clean-up.ts';
import { loadRun } from '../warehouse/postgres/load-run.ts';
import { openLoaderSession, type LoaderSession } from '../warehouse/postgres/loader-session.ts';
import { loadChanges } from './load-changes.ts';

const DAY_MS = 86_400_000;
const row = (id: number) => ({ id, user_id: 1, account: `account ${id}` });

describeWith(['postgres'], 'what a target remembers', () => {
  let warehouse: BankWarehouse;
  let log: MemoryLog;
  let session: LoaderSession;
  const range = (from: number, to: number) => [{ topic: BANK_TOPIC, partition: 0, from, to }];
  const load = (loadId: string, from: number, to: number) =>
    loadAccounts(bankContext({ log, url: warehouse.url, loadId, ranges: range(from, to) }));
  const after = (days: number, options: Partial<CleanUp> = {}) =>
    cleanUp(session, {
      target: bankTarget,
      keepMs: KEEP_MS,
      now: new Date(Date.now() + days * DAY_MS),
      stopwatch: () => 0,
      ...options,
    });
  const age = (days: number, loads: string) =>
    warehouse.client.query(`
      update tidegate.target set cleaned_at = '-infinity';
      update tidegate.load set begun_at = begun_at - interval '${days} days' where load_id in (${loads});
      update tidegate.ledger set loaded_at = loaded_at - interval '${days} days' where load_id in (${loads});
      update tidegate.fence set seen_at = seen_at - interval '${days} days' where task_instance in (${loads})`);
  const count = async (table: string) =>
    Number((await warehouse.rows(`select count(*) from tidegate.${table}`))[0]?.['count']);
  const counts = async () => ({
    loads: await count('load'),
    ranges: await count('ledger'),
    fences: await count('fence'),
    deleted: await count('deleted_bank_accounts_current'),
    unmapped: await count('unmapped_bank_accounts_current'),
  });

  beforeAll(async () => {
    warehouse = await createBankWarehouse();
    session = await openLoaderSession(warehouse.url, bankTarget);
  });
  afterAll(async () => {
    await session.close();
    await warehouse[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await warehouse.reset();
    log = new MemoryLog();
    log.change({ op: 'c', after: row(1), pos: 100 });
    log.change({ op: 'd', before: row(1), pos: 200 });
    log.change({ op: 'c', after: row(2), pos: 300 });
    log.change({ op: 'c', after: row(3), pos: 400 });
  });

  it('is forgotten once nothing within the horizon can need it', async () => {
    await load('a', 0, 2);
    await loadWith(() => null)(
      bankContext({ log, url: warehouse.url, loadId: 'b', ranges: range(2, 3) }),
    );
    await load('c', 3, 4);
    await age(31, `'a', 'b'`);
    const all = { loads: 3, ranges: 3, fences: 3, deleted: 2, unmapped: 1 };
    expect(await counts()).toEqual(all);
    expect(await after(0)).toEqual({ loads: 2, fences: 2, keys: 0 });
    expect(await after(1)).toEqual({ loads: 0, fences: 0, keys: 3 });
    expect(await counts()).toEqual({ loads: 1, ranges: 1, fences: 1, deleted: 0, unmapped: 0 });
  });

  it('stays for as long as a replay within the horizon needs it', async () => {
    await load('a', 0, 2);
    await load('b', 2, 4);
    await age(29, `'a', 'b'`);
    expect(await after(0)).toEqual({ loads: 0, fences: 0, keys: 0 });
    await load('replay of the insert', 0, 1);
    expect(await load('a', 0, 2)).toMatchObject({ records: 2 });
    expect(await count('load')).toBe(3);
    await recomputeUserStats(bankContext({ log, url: warehouse.url }));
    expect(await actualTables(warehouse)).toEqual(expectedTables(log));
  });

  it('keeps an old load whose last range is young, and the newest of all', async () => {
    await load('a', 0, 1);
    await load('b', 2, 3);
    await age(31, `'a'`);
    await loadAccounts(
      bankContext({ log, url: warehouse.url, loadId: 'a', ranges: range(1, 2), fenceToken: 2 }),
    );
    expect(await after(0)).toMatchObject({ loads: 0 });
    expect(await after(60)).toMatchObject({ loads: 1 });
    expect(await warehouse.rows('select load_id, generation from tidegate.load')).toEqual([
      { load_id: 'b', generation: '2' },
    ]);
    await load('c', 3, 4);
    expect(
      await warehouse.rows(`select generation from tidegate.load where load_id = 'c'`),
    ).toEqual([{ generation: '3' }]);
  });

  it('is cleaned up every few minutes at most, whoever asks', async () => {
    await load('a', 0, 2);
    await warehouse.client.query(`update tidegate.target set cleaned_at = '-infinity'`);
    expect(await after(0)).toBeDefined();
    expect(await after(0)).toBeUndefined();
    expect(await after(4 / 24 / 60)).toBeUndefined();
    expect(await after(5 / 24 / 60 + 0.001)).toBeDefined();
  });

  it('waits for no load that is under way', async () => {
    await load('a', 0, 2);
    await age(31, `'a'`);
    await load('b', 2, 3);
    await warehouse.client.query(
      'begin; select pg_advisory_xact_lock(77, id) from tidegate.target',
    );
    expect(await after(0)).toEqual({ loads: 0, fences: 0, keys: 0 });
    await warehouse.client.query('commit');
    expect(await after(1)).toMatchObject({ loads: 1 });
  });

  it('goes in batches, as many as there is time for', async () => {
    await load('z', 0, 1);
    await warehouse.client.query(`
      insert into tidegate.load select id, 'old ' || n, n + 10, now() - interval '99 days'
        from tidegate.target, generate_series(1, 2500) n;
      update tidegate.load set generation = 9999 where load_id = 'z'`);
    let asked = 0;
    const stopwatch = () => (asked += 1) * 100;
    expect(await after(1, { stopwatch })).toMatchObject({ loads: 2500 });
    await warehouse.client.query(`
      insert into tidegate.load select id, 'old ' || n, n + 10, now() - interval '99 days'
        from tidegate.target, generate_series(1, 2500) n`);
    expect(await after(2, { stopwatch: () => (asked += 1) * 1_000 })).toMatchObject({
      loads: 1000,
    });
  });

  it('is looked after by the loads themselves, by the clock they are given', async () => {
    let now = 0;
    const clock = { ...systemClock, now: () => now };
    const loadAt = (loadId: string, offset: number) =>
      loadRun(bankContext({ log, url: warehouse.url, loadId, ranges: range(offset, offset + 1) }), {
        uri: `${warehouse.url}?application_name=clock`,
        connection: 'bankdw',
        target: bankTarget,
        table: accounts as never,
        map: ({ user_id, account, created_at, updated_at }) => ({
          user_id,
          account,
          created_at,
          updated_at,
        }),
        clock,
      });
    await loadAt('a', 0);
    await age(31, `'a'`);
    now = 4 * 60_000;
    await loadAt('b', 1);
    expect(await count('load')).toBe(2);
    now = 5 * 60_000;
    await loadAt('c', 2);
    expect(await warehouse.rows('select load_id from tidegate.load order by 1')).toEqual([
      { load_id: 'b' },
      { load_id: 'c' },
    ]);
  });

  it('is kept for as long as the author says', () => {
    const description = {
      connection: 'bankdw',
      table: accounts,
      current: 'bank_accounts_current',
      key: { original_id: 'id' },
      map: () => null,
    } as const;
    expect(() => loadChanges({ ...description, remember: '90d' })).not.toThrow();
    expect(() => loadChanges({ ...description, remember: 'long' as never })).toThrow(
      /bank_accounts_current: remember is 'long'/,
    );
  });
});
