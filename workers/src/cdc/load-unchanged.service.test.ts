import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { MemoryLog, type BankChange } from '../../../test/cdc/bank-events.ts';
import { loadAccounts, loadWith } from '../../../test/cdc/bank-tasks.ts';
import {
  BANK_TOPIC,
  bankContext,
  createBankWarehouse,
  type BankWarehouse,
} from '../../../test/cdc/bank-warehouse.ts';
import { describeWith } from '../../../test/services/services.ts';

const LEFT_OUT = '__debezium_unavailable_value';
const row = (id: number, user_id: number, account: string) => ({ id, user_id, account });

describeWith(['postgres'], 'values the source left out as unchanged', () => {
  let warehouse: BankWarehouse;
  let log: MemoryLog;
  const update = (id: number, user: number, pos: number): BankChange => ({
    op: 'u',
    before: row(id, user, LEFT_OUT),
    after: row(id, user, LEFT_OUT),
    pos,
  });
  const load = (loadId: string, from: number, to: number) =>
    loadAccounts(
      bankContext({
        log,
        url: warehouse.url,
        loadId,
        ranges: [{ topic: BANK_TOPIC, partition: 0, from, to }],
      }),
    );
  const accounts = async (table: 'current' | 'history') =>
    (
      await warehouse.rows(
        `select user_id || ' ' || coalesce(account, '?') as text from bank_accounts_${table}
         order by _v1, _v2, original_id`,
      )
    ).map(({ text }) => text);
  const refusals = async () =>
    (
      await warehouse.rows('select error_code, record_offset::int as at from tidegate.quarantine')
    ).map(({ error_code, at }) => `${String(error_code)} at ${String(at)}`);

  beforeAll(async () => {
    warehouse = await createBankWarehouse();
  });
  afterAll(async () => {
    await warehouse[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await warehouse.reset();
    log = new MemoryLog();
    log.change({ op: 'c', after: row(1, 1, 'long'), pos: 100 });
    log.change(update(1, 2, 200));
    log.change(update(1, 3, 300));
    log.change({ op: 'd', before: row(1, 3, LEFT_OUT), pos: 400 });
  });

  it('are those of the row in current', async () => {
    for (const at of [0, 1, 2]) await load(`load ${at}`, at, at + 1);
    expect(await accounts('current')).toEqual(['3 long']);
    await load('load 3', 3, 4);
    expect(await accounts('current')).toEqual([]);
    expect(await accounts('history')).toEqual(['1 long', '2 long', '3 long', '3 long']);
    expect(await refusals()).toEqual([]);
  });

  it('are those of older changes in the same chunk', async () => {
    await load('all', 0, 3);
    expect(await accounts('current')).toEqual(['3 long']);
    expect(await accounts('history')).toEqual(['1 long', '2 long', '3 long']);
  });

  it('stay as they are in a repeat and in a replay of older changes', async () => {
    await load('first', 0, 3);
    await load('repeat', 2, 3);
    await load('replay', 1, 2);
    expect(await accounts('current')).toEqual(['3 long']);
    expect(await accounts('history')).toEqual(['1 long', '2 long', '3 long']);
  });

  it('are quarantined where they are nowhere to be had, and the rest loads', async () => {
    log.change({ op: 'c', after: row(7, 7, 'other'), pos: 500 });
    await load('without the beginning', 1, 5);
    expect(await refusals()).toEqual([]);
    await warehouse.reset();
    await load('without beginning and end', 1, 3);
    expect(await refusals()).toEqual(['VALUE_UNAVAILABLE at 1', 'VALUE_UNAVAILABLE at 2']);
    expect(await accounts('current')).toEqual([]);
    await load('without the beginning', 4, 5);
    expect(await accounts('current')).toEqual(['7 other']);
  });

  it('are quarantined where the mapping computes something from them', async () => {
    await load('first', 0, 1);
    const shout = loadWith(({ account }) => account?.toUpperCase() ?? null);
    const ranges = [{ topic: BANK_TOPIC, partition: 0, from: 1, to: 2 }];
    await shout(bankContext({ log, url: warehouse.url, loadId: 'shout', ranges }));
    expect(await refusals()).toEqual(['VALUE_UNAVAILABLE at 1']);
    expect(await accounts('current')).toEqual(['1 long']);
  });

  it('are no more than text in a row that is new', async () => {
    log.change({ op: 'c', after: row(8, 8, LEFT_OUT), pos: 500 });
    await load('last', 4, 5);
    expect(await accounts('current')).toEqual([`8 ${LEFT_OUT}`]);
  });
});
