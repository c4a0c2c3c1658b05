import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { MemoryLog } from '../../../test/cdc/bank-events.ts';
import { actualTables, expectedTables } from '../../../test/cdc/bank-oracle.ts';
import { loadAccounts, recomputeUserStats } from '../../../test/cdc/bank-tasks.ts';
import {
  BANK_TOPIC,
  bankContext,
  createBankWarehouse,
  type BankTask,
  type BankWarehouse,
} from '../../../test/cdc/bank-warehouse.ts';
import { describeWith } from '../../../test/services/services.ts';

const row = (id: number, user_id = 1) => ({ id, user_id, account: `account ${id}` });

describeWith(['postgres'], 'the end of a re-snapshot', () => {
  let warehouse: BankWarehouse;
  let log: MemoryLog;
  const load = async (loadId: string, task: Partial<BankTask> = {}) => {
    const context = bankContext({ log, url: warehouse.url, loadId, ...task });
    const summary = await loadAccounts(context);
    await recomputeUserStats(context);
    return summary;
  };
  const range = (partition: number, from: number, to: number) => [
    { topic: BANK_TOPIC, partition, from, to },
  ];
  const currentIds = async () =>
    (
      await warehouse.rows('select original_id::int as id from bank_accounts_current order by 1')
    ).map(({ id }) => id);
  const expectExact = async () => {
    expect(await actualTables(warehouse)).toEqual(expectedTables(log));
  };

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

  it('removes what the source deleted while nobody watched, and its share of the statistics', async () => {
    log.change({ op: 'c', after: row(1, 7), pos: 100 });
    log.change({ op: 'c', after: row(2, 8), pos: 200 });
    await load('before');
    log.change({ op: 'r', after: row(2, 8), pos: 900 });
    log.change({ op: 'c', after: row(3, 8), pos: 950 });
    log.endSnapshot(900);
    const summary = await load('again', { ranges: range(0, 2, 5) });
    expect(summary).toEqual({ records: 3, changes: 3, ignored: 0, quarantined: 0 });
    expect(await currentIds()).toEqual([2, 3]);
    await expectExact();
    expect((await actualTables(warehouse)).stats).toEqual(['8|2']);
  });

  it('writes no history, since no event tells of it', async () => {
    log.change({ op: 'c', after: row(1), pos: 100 });
    log.endSnapshot(900);
    await load('all');
    expect(await warehouse.rows('select operation_type from bank_accounts_history')).toEqual([
      { operation_type: 'INSERT' },
    ]);
    expect(await currentIds()).toEqual([]);
  });

  it('leaves the rows of other partitions alone, whose own marker comes', async () => {
    log.change({ op: 'c', after: row(1), pos: 100, partition: 0 });
    log.change({ op: 'c', after: row(2), pos: 110, partition: 1 });
    log.change({ op: 'c', after: row(4), pos: 120, partition: 1 });
    await load('before');
    log.change({ op: 'r', after: row(2), pos: 900, partition: 1 });
    log.endSnapshot(900, [0, 1]);
    await load('partition 0', { ranges: range(0, 1, 2) });
    expect(await currentIds()).toEqual([2, 4]);
    await load('partition 1', { ranges: range(1, 2, 4) });
    expect(await currentIds()).toEqual([2]);
    await expectExact();
  });

  it('keeps a row that moved to an added partition, whichever is loaded first', async () => {
    log.change({ op: 'c', after: row(1), pos: 100, partition: 0 });
    log.change({ op: 'c', after: row(2), pos: 110, partition: 0 });
    await load('before');
    log.change({ op: 'r', after: row(1), pos: 900, partition: 1 });
    log.change({ op: 'r', after: row(2), pos: 900, partition: 1 });
    log.endSnapshot(900, [0, 1]);
    await load('added, its first row', { ranges: range(1, 0, 1) });
    await load('old partition', { ranges: range(0, 2, 3) });
    expect(await currentIds()).toEqual([1]);
    await load('added, the rest', { ranges: range(1, 1, 3) });
    expect(await currentIds()).toEqual([1, 2]);
    await expectExact();
  });

  it('lets in a row read at its very position by a load that began before it', async () => {
    log.change({ op: 'c', after: row(1), pos: 100, partition: 0 });
    log.change({ op: 'r', after: row(9), pos: 900, partition: 1 });
    log.change({ op: 'r', after: row(1), pos: 900, partition: 1 });
    log.endSnapshot(900, [0, 1]);
    await load('early', { ranges: range(1, 0, 1) });
    await load('marker', { ranges: range(0, 0, 2) });
    expect(await currentIds()).toEqual([9]);
    await load('early', { ranges: range(1, 1, 3) });
    expect(await currentIds()).toEqual([1, 9]);
    await expectExact();
  });

  it('keeps out what is older than it and comes later, and is harmless to repeat', async () => {
    log.change({ op: 'c', after: row(1), pos: 100 });
    log.change({ op: 'c', after: row(2), pos: 200 });
    log.change({ op: 'r', after: row(2), pos: 900 });
    log.endSnapshot(900);
    log.change({ op: 'c', after: row(1), pos: 1_000 });
    await load('marker first', { ranges: range(0, 2, 4) });
    await load('then what was before it', { ranges: range(0, 0, 2) });
    expect(await currentIds()).toEqual([2]);
    await load('and what came after', { ranges: range(0, 4, 5) });
    await load('marker again', { ranges: range(0, 3, 4) });
    await load('all again');
    expect(await currentIds()).toEqual([1, 2]);
    await expectExact();
  });

  it('ends the rows of a table that was there before, and of no other topic', async () => {
    log.change({ op: 'r', after: row(3), pos: 90 });
    await load('first');
    await warehouse.client.query(`
      insert into bank_accounts_current (original_id, user_id, account, change_timestamp)
        values (1, 1, 'from before', now());
      insert into tidegate.stream (target, topic, kind)
        select id, 'another topic', 'position' from tidegate.target;
      insert into bank_accounts_current
        (original_id, user_id, account, change_timestamp, _v1, _v2, _gen, _partition)
        select 2, 1, 'from another topic', now(), 3, 1, 1, id * 1048576 from tidegate.stream
        where topic = 'another topic'`);
    log.endSnapshot(80);
    await load('again', { ranges: range(0, 1, 2) });
    expect(await currentIds()).toEqual([2, 3]);
  });

  it('ignores the messages of others, and refuses a marker that cannot be placed', async () => {
    const message = { prefix: 'outbox', content: '' };
    log.append(JSON.stringify({ op: 'm', source: {}, message }), 0, '{"prefix":"outbox"}');
    log.change({ op: 'c', after: row(1), pos: 1, source: { file: undefined, pos: undefined } });
    log.endSnapshot(900);
    expect(await load('all')).toEqual({ records: 3, changes: 1, ignored: 1, quarantined: 1 });
    expect(await warehouse.rows('select error_code from tidegate.quarantine')).toEqual([
      { error_code: 'MARKER_UNPLACED' },
    ]);
  });
});
