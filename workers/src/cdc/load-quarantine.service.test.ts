import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { MemoryLog } from '../../../test/cdc/bank-events.ts';
import { loadAccounts } from '../../../test/cdc/bank-tasks.ts';
import {
  bankContext,
  createBankWarehouse,
  type BankTask,
  type BankWarehouse,
} from '../../../test/cdc/bank-warehouse.ts';
import { describeWith } from '../../../test/services/services.ts';

const row = (id: number, user_id = 1, account = `account ${id}`) => ({ id, user_id, account });

describeWith(['postgres'], 'quarantine', () => {
  let warehouse: BankWarehouse;
  let log: MemoryLog;
  const context = (task: Partial<BankTask> = {}) =>
    bankContext({ log, url: warehouse.url, ...task });
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

  const quarantine = async () =>
    warehouse.rows(
      'select record_offset::int as offset, error_code, record_value from tidegate.quarantine where resolved_at is null order by 1',
    );

  it('keeps what cannot be decoded, with bytes and reason, and loads the rest', async () => {
    log.change({ op: 'c', after: row(1), pos: 100 });
    log.append('{"op":"c"');
    log.append(Buffer.from([0xff, 0xfe]));
    log.change({ op: 'z', after: row(2), pos: 200 });
    log.append('{"before":null,"after":{"id":3},"source":{},"op":"c"}');
    log.change({ op: 'c', after: { ...row(4), account: 'nul \0' }, pos: 300 });
    const summary = await loadAccounts(context());
    expect(summary).toEqual({ records: 6, changes: 1, ignored: 0, quarantined: 5 });
    const kept = await quarantine();
    expect(kept.map(({ offset, error_code }) => [offset, error_code])).toEqual([
      [1, 'RECORD_NOT_JSON'],
      [2, 'RECORD_NOT_JSON'],
      [3, 'OPERATION_UNKNOWN'],
      [4, 'COLUMN_MISSING'],
      [5, 'COLUMN_UNREADABLE'],
    ]);
    expect(kept[1]?.['record_value']).toEqual(Buffer.from([0xff, 0xfe]));
  });

  it('finds the rows a table refuses among many, and loads the others', async () => {
    await warehouse.client.query(
      `alter table bank_accounts_current add constraint no_bad check (account <> 'bad')`,
    );
    try {
      for (let id = 1; id <= 1_000; id += 1)
        log.change({
          op: 'c',
          after: row(id, 1, id % 400 === 0 ? 'bad' : 'good'),
          pos: id * 100,
        });
      log.change({
        op: 'c',
        after: { ...row(5_000), user_id: '99999999999999999999' },
        pos: 2e5,
      });
      const summary = await loadAccounts(context());
      expect(summary).toMatchObject({ changes: 998, quarantined: 3 });
      const kept = await quarantine();
      expect(kept.map(({ offset, error_code }) => [offset, error_code])).toEqual([
        [399, '23514'],
        [799, '23514'],
        [1000, '22003'],
      ]);
      expect(kept[0]?.['record_value']).toEqual(log.partitions.get(0)?.[399]?.value);
      expect(await currentIds()).toHaveLength(998);
    } finally {
      await warehouse.client.query('alter table bank_accounts_current drop constraint no_bad');
    }
    await loadAccounts(context({ loadId: 'after the table was mended' }));
    expect(await currentIds()).toHaveLength(1_000);
    expect(await quarantine()).toHaveLength(1);
  });

  it('fails above 50 records, and keeps them even so', async () => {
    for (let index = 0; index < 51; index += 1) log.append('nonsense');
    log.change({ op: 'c', after: row(1), pos: 100 });
    for (const fenceToken of [1, 2])
      await expect(loadAccounts(context({ fenceToken }))).rejects.toMatchObject({
        code: 'TOO_MANY_REFUSED',
      });
    expect(await quarantine()).toHaveLength(51);
    expect(await currentIds()).toEqual(['1']);
  });

  it('bears 5 % of a range of a thousand records and more', async () => {
    for (let id = 1; id <= 1_900; id += 1) log.change({ op: 'c', after: row(id), pos: id * 10 });
    for (let index = 0; index < 95; index += 1) log.append('nonsense');
    expect(await loadAccounts(context())).toMatchObject({ quarantined: 95 });
    for (let index = 0; index < 6; index += 1) log.append('nonsense');
    await expect(loadAccounts(context({ loadId: 'more' }))).rejects.toMatchObject({
      code: 'TOO_MANY_REFUSED',
    });
  });
});
