import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { MemoryLog } from '../../../test/cdc/bank-events.ts';
import { actualTables, expectedTables } from '../../../test/cdc/bank-oracle.ts';
import { loadAccounts, loadWith, recomputeUserStats } from '../../../test/cdc/bank-tasks.ts';
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

const row = (id: number, user_id = 1, account = `account ${id}`) => ({ id, user_id, account });

describeWith(['postgres'], 'loadChanges', () => {
  let warehouse: BankWarehouse;
  let log: MemoryLog;
  const context = (task: Partial<BankTask> = {}) =>
    bankContext({ log, url: warehouse.url, ...task });
  const loadAll = async (task: Partial<BankTask> = {}) => {
    const summary = await loadAccounts(context(task));
    await recomputeUserStats(context(task));
    return summary;
  };
  const rangeOf = (from: number, to: number) => ({ ...log.ranges(BANK_TOPIC)[0]!, from, to });
  const expectExact = async () => {
    expect(await actualTables(warehouse)).toEqual(expectedTables(log));
  };
  const currentIds = async () =>
    (await warehouse.rows('select original_id from bank_accounts_current order by 1')).map(
      ({ original_id }) => original_id,
    );

  beforeAll(async () => {
    warehouse = await createBankWarehouse();
  });
  afterAll(async () => {
    await warehouse[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await warehouse.reset();
    log = new MemoryLog();
  });

  describe('what changes become', () => {
    it('keeps every change in history, the living rows in current, and counts by user', async () => {
      log.change({ op: 'r', after: row(1), pos: 4, source: { snapshot: 'first' } });
      log.change({ op: 'c', after: row(2), pos: 100 });
      log.change({ op: 'u', before: row(2), after: row(2, 7, 'moved'), pos: 200 });
      log.change({ op: 'd', before: row(1), pos: 300 });
      log.append(null, 0, '{"id":1}');
      const summary = await loadAll();
      expect(summary).toEqual({ records: 5, changes: 4, ignored: 1, quarantined: 0 });
      await expectExact();
      const history = await warehouse.rows(
        'select operation_type, is_snapshot, change_timestamp from bank_accounts_history order by history_id',
      );
      expect(history[0]).toEqual({
        operation_type: 'INSERT',
        is_snapshot: true,
        change_timestamp: new Date('2026-01-01T00:00:00.004Z'),
      });
    });

    it('answers the queries of the systems it replaces', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      await loadAll();
      const queries = [
        'SELECT * FROM bank_accounts_history ORDER BY change_timestamp DESC LIMIT 10;',
        'SELECT * FROM bank_accounts_current ORDER BY original_id;',
        'SELECT * FROM user_account_stats;',
      ];
      for (const query of queries) expect(await warehouse.rows(query)).toHaveLength(1);
    });

    it('deletes and inserts the same key within one range', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      log.change({ op: 'd', before: row(1), pos: 200 });
      log.change({ op: 'c', after: row(1, 2, 'again'), pos: 300 });
      await loadAll();
      await expectExact();
      expect(await currentIds()).toEqual(['1']);
    });

    it('moves a row whose primary key changed', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      log.change({ op: 'u', before: row(1), after: row(9), pos: 200 });
      await loadAll();
      await expectExact();
      expect(await currentIds()).toEqual(['9']);
    });

    it('keeps integers beyond 2^53 exactly, in keys too', async () => {
      const big = { id: '9007199254740993', user_id: '9223372036854775807', account: 'big' };
      const near = { ...big, id: '9007199254740992' };
      log.change({ op: 'c', after: big, pos: 100 });
      log.change({ op: 'c', after: near, pos: 200 });
      log.change({ op: 'u', before: near, after: { ...near, account: 'near' }, pos: 300 });
      await loadAccounts(context());
      expect(
        await warehouse.rows(
          'select original_id, user_id, account from bank_accounts_current order by 1',
        ),
      ).toEqual([
        { original_id: '9007199254740992', user_id: '9223372036854775807', account: 'near' },
        { original_id: '9007199254740993', user_id: '9223372036854775807', account: 'big' },
      ]);
    });

    it('loads a record of 20 MB', async () => {
      const account = 'x'.repeat(20 * 2 ** 20);
      log.change({ op: 'c', after: row(1, 1, account), pos: 100 });
      log.change({ op: 'c', after: row(2), pos: 200 });
      await loadAccounts(context());
      expect(
        await warehouse.rows(
          'select length(account) as length from bank_accounts_current order by 1',
        ),
      ).toEqual([{ length: 9 }, { length: account.length }]);
    });

    it('removes what a truncate removed, and older changes that come later', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      log.change({ op: 't', pos: 200 });
      log.change({ op: 'c', after: row(2), pos: 300 });
      log.change({ op: 'c', after: row(3), pos: 150, partition: 1 });
      await loadAll();
      expect(await currentIds()).toEqual(['2']);
      expect((await actualTables(warehouse)).stats).toEqual(['1|1']);
      await loadAll({ loadId: 'load-2' });
      expect(await currentIds()).toEqual(['2']);
    });

    it('writes text with every special character as it is', async () => {
      const account = 'a\tb\nc\\d\\n"e"\'f\'{g,h}\r🚗\\.';
      const plain = Array.from({ length: 150 }, (_, index) => row(index + 10));
      log.change({ op: 'c', after: row(1, 1, account), pos: 50 });
      await loadAccounts(context());
      plain.forEach((after, index) => log.change({ op: 'c', after, pos: 1_000 + index }));
      log.change({ op: 'c', after: row(2, 1, account), pos: 9_000 });
      await loadAccounts(context({ loadId: 'load-2' }));
      expect(
        await warehouse.rows(
          'select account from bank_accounts_current where original_id < 3 order by original_id',
        ),
      ).toEqual([{ account }, { account }]);
    });

    it('loads ranges without records, so that the ledger has no hole', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      const gap = [
        { topic: BANK_TOPIC, partition: 0, from: 0, to: 5 },
        { topic: BANK_TOPIC, partition: 1, from: 3, to: 8 },
      ];
      await loadAccounts(context({ ranges: gap }));
      expect(
        await warehouse.rows(
          'select partition, from_offset, to_offset from tidegate.ledger order by 1, 2',
        ),
      ).toEqual([
        { partition: 0, from_offset: '0', to_offset: '5' },
        { partition: 1, from_offset: '3', to_offset: '8' },
      ]);
    });
  });

  describe('repeats and replays', () => {
    it('does nothing for a range this load has, and answers as before', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      log.append('not json');
      const first = await loadAccounts(context());
      await warehouse.client.query('delete from bank_accounts_current');
      expect(await loadAccounts(context({ fenceToken: 2 }))).toEqual(first);
      expect(await currentIds()).toEqual([]);
    });

    it('applies a changed transform when the task is cleared, without regressing newer rows', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      log.change({ op: 'c', after: row(2), pos: 200 });
      const range = log.ranges(BANK_TOPIC);
      await loadAccounts(context({ ranges: range }));
      log.change({ op: 'u', before: row(2), after: row(2, 1, 'newer'), pos: 300 });
      await loadAccounts(context({ loadId: 'load-2', ranges: [{ ...range[0]!, from: 2, to: 3 }] }));
      const shout = loadWith(({ account }) => String(account).toUpperCase());
      await shout(context({ loadId: 'load-1-cleared', ranges: range }));
      const accountsOf = async (table: string) =>
        (await warehouse.rows(`select account from ${table} order by original_id, _v2`)).map(
          ({ account }) => account,
        );
      expect(await accountsOf('bank_accounts_current')).toEqual(['ACCOUNT 1', 'newer']);
      expect(await accountsOf('bank_accounts_history')).toEqual([
        'ACCOUNT 1',
        'ACCOUNT 2',
        'newer',
      ]);
    });

    it('never lets an older load overwrite what a later one transformed', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      const old = await warehouse.client.query(
        `insert into tidegate.load (target, load_id, generation) select id, 'old', 1 from tidegate.target returning 1`,
      );
      expect(old.rowCount).toBe(1);
      await loadWith(() => 'later')(context({ loadId: 'later' }));
      await loadAccounts(context({ loadId: 'old' }));
      expect(await warehouse.rows('select account from bank_accounts_history')).toEqual([
        { account: 'later' },
      ]);
      expect(await warehouse.rows('select account from bank_accounts_current')).toEqual([
        { account: 'later' },
      ]);
    });

    it('keeps an event once that came twice in a range, in one chunk or several', async () => {
      for (const offset of [0, 1]) {
        log.change({ op: 'c', after: row(1), pos: 100 + offset });
        log.change({ op: 'd', before: row(1), pos: 200 + offset });
      }
      for (const value of log.partitions.get(0)!.slice(0, 3)) log.append(value.value);
      await loadAll();
      await expectExact();
      expect(await currentIds()).toEqual([]);
      await loadAll({ loadId: 'load-2' });
      await expectExact();
    });

    it('does not resurrect a deleted row when its insert is replayed', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      log.change({ op: 'd', before: row(1), pos: 200 });
      await loadAll();
      const range = { ...log.ranges(BANK_TOPIC)[0]!, to: 1 };
      await loadAll({ loadId: 'replay', ranges: [range] });
      expect(await currentIds()).toEqual([]);
      await expectExact();
    });

    it('removes the row of a change that maps to nothing, and brings it back when it does again', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      log.change({ op: 'c', after: row(2), pos: 200 });
      await loadAll();
      await loadWith(({ id, account }) => (id === 1 ? null : account))(context({ loadId: 'b' }));
      await recomputeUserStats(context());
      expect(await currentIds()).toEqual(['2']);
      expect((await actualTables(warehouse)).stats).toEqual(['1|1']);
      expect((await actualTables(warehouse)).history).toHaveLength(1);
      await loadAll({ loadId: 'c' });
      await expectExact();
    });

    it('lets no older load bring back what a later one maps to nothing', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      log.change({ op: 'c', after: row(2), pos: 200 });
      await loadAccounts(context({ loadId: 'begun first', ranges: [rangeOf(0, 1)] }));
      const without1 = loadWith(({ id, account }) => (id === 1 ? null : account));
      await without1(context({ loadId: 'later' }));
      await loadAccounts(context({ loadId: 'begun first', ranges: [rangeOf(0, 2)] }));
      expect(await currentIds()).toEqual(['2']);
      expect(await warehouse.rows('select original_id, _gen from bank_accounts_history')).toEqual([
        { original_id: '2', _gen: '2' },
      ]);
      await loadAll({ loadId: 'latest' });
      await expectExact();
    });

    it('refuses a source that goes backwards, until an epoch says that it is another one', async () => {
      log.change({ op: 'c', after: row(1), pos: 500, file: 'mysql-bin.000009' });
      await loadAccounts(context());
      log.change({ op: 'u', before: row(1), after: row(1, 5), pos: 4, changedAtMs: 2e12 });
      const next = { loadId: 'load-2', ranges: [{ ...log.ranges(BANK_TOPIC)[0]!, from: 1 }] };
      await expect(loadAccounts(context(next))).rejects.toMatchObject({
        code: 'SOURCE_WENT_BACKWARDS',
        message: expect.stringContaining('insert into tidegate.stream_epoch') as string,
      });
      await warehouse.client.query(
        `insert into tidegate.stream_epoch values ('${BANK_TOPIC}', 0, 1, 1)`,
      );
      await loadAccounts(context(next));
      expect(await warehouse.rows('select user_id from bank_accounts_current')).toEqual([
        { user_id: '5' },
      ]);
      await loadAccounts(context({ loadId: 'replay of all' }));
      expect(await warehouse.rows('select user_id from bank_accounts_current')).toEqual([
        { user_id: '5' },
      ]);
    });

    it.each(['u', 'r'])(
      'refuses a producer that takes over from our capture: op %s',
      async (op) => {
        const own = { sequence: '{"epoch":1}' };
        log.change({ op: 'c', after: row(1), pos: 500, source: own });
        await loadAccounts(context());
        log.change({ op, before: null, after: row(1, 5), pos: 900 });
        const next = { loadId: 'load-2', ranges: [{ ...log.ranges(BANK_TOPIC)[0]!, from: 1 }] };
        await expect(loadAccounts(context(next))).rejects.toMatchObject({
          code: 'SOURCE_WENT_BACKWARDS',
          message: expect.stringContaining(`values ('${BANK_TOPIC}', 0, 1, 2)`) as string,
        });
        await warehouse.client.query(
          `insert into tidegate.stream_epoch values ('${BANK_TOPIC}', 0, 1, 2)`,
        );
        await loadAccounts(context(next));
        log.change({ op: 'u', before: row(1, 5), after: row(1, 6), pos: 950 });
        const last = { loadId: 'load-3', ranges: [{ ...log.ranges(BANK_TOPIC)[0]!, from: 2 }] };
        await loadAccounts(context(last));
        await loadAccounts(context({ loadId: 'replay of all' }));
        expect(await warehouse.rows('select user_id from bank_accounts_current')).toEqual([
          { user_id: '6' },
        ]);
      },
    );

    it('takes what a producer repeats after a crash for no other source', async () => {
      const lines = [100, 200].map((pos) => log.change({ op: 'c', after: row(pos), pos }));
      await loadAccounts(context());
      for (const { value } of lines) log.append(value);
      log.change({ op: 'c', after: row(3), pos: 300 });
      const ranges = [{ ...log.ranges(BANK_TOPIC)[0]!, from: 2 }];
      await loadAll({ loadId: 'load-2', ranges });
      expect((await actualTables(warehouse)).history).toEqual(expectedTables(log).history);
    });

    it('orders a stream without source positions by offset, and holds it to that', async () => {
      const source = { file: undefined, pos: undefined };
      log.change({ op: 'c', after: row(1), pos: 1, source });
      log.change({ op: 'u', before: row(1), after: row(1, 2), pos: 1, source });
      await loadAccounts(context());
      log.change({ op: 'u', before: row(1, 2), after: row(1, 3), pos: 9 });
      await loadAccounts(context({ loadId: 'load-2' }));
      expect(await warehouse.rows('select user_id, _v1, _v2 from bank_accounts_current')).toEqual([
        { user_id: '3', _v1: '0', _v2: '2' },
      ]);
    });
  });

  describe('descriptions that do not fit the tables', () => {
    it('names the column a mapping forgets or invents', async () => {
      log.change({ op: 'c', after: row(1), pos: 100 });
      const load = loadChanges({
        connection: 'bankdw',
        table: accounts,
        current: 'bank_accounts_current',
        key: { original_id: 'id' },
        map: ({ user_id }) => ({ user_id, acount: 'typo', created_at: null, updated_at: null }),
      });
      await expect(load(context())).rejects.toMatchObject({
        code: 'MAP_INCOMPLETE',
        message: expect.stringMatching(/nothing for account; gives acount/) as string,
      });
    });

    it('takes tables that were there before, without its columns', async () => {
      await warehouse.client.query(`
        create table old_current (original_id bigint primary key, user_id bigint, account text);
        create table old_history (id serial, original_id bigint, user_id bigint, account text,
          operation_type varchar(10), change_timestamp timestamp);
        insert into old_current values (1, 1, 'from before'), (8, 1, 'untouched');
        insert into old_history (original_id, operation_type) values (1, 'INSERT'), (1, 'UPDATE')`);
      const load = loadChanges({
        connection: 'bankdw',
        table: accounts,
        history: 'old_history',
        current: 'public.old_current',
        key: { original_id: 'id' },
        map: ({ user_id, account }) => ({ user_id, account }),
      });
      log.change({ op: 'u', before: row(1), after: row(1, 2), pos: 100 });
      await load(context());
      expect(
        await warehouse.rows('select original_id, account from old_current order by 1'),
      ).toEqual([
        { original_id: '1', account: 'account 1' },
        { original_id: '8', account: 'untouched' },
      ]);
      expect(await warehouse.rows('select operation_type from old_history')).toHaveLength(3);
    });

    it('asks for the primary key a table lacks', async () => {
      await warehouse.client.query(
        'create table keyless (original_id bigint, user_id bigint, account text)',
      );
      const load = loadChanges({
        connection: 'bankdw',
        table: accounts,
        current: 'keyless',
        key: { original_id: 'id' },
        map: ({ user_id, account }) => ({ user_id, account }),
      });
      log.change({ op: 'c', after: row(1), pos: 100 });
      await expect(load(context())).rejects.toMatchObject({ code: 'TARGET_KEY_MISSING' });
    });
  });
});
