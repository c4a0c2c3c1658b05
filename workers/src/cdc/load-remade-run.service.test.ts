import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';

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

const RECORDS = 200;

describeWith(['postgres'], 'a run that was lost, and made again under its name', () => {
  let warehouse: BankWarehouse;
  let log: MemoryLog;
  beforeAll(async () => {
    warehouse = await createBankWarehouse();
  });
  afterAll(async () => {
    await warehouse[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await warehouse.reset();
    log = new MemoryLog();
    for (let id = 1; id <= RECORDS; id += 1) {
      const after = { id, user_id: id % 7, account: `account ${id}` };
      log.change({ op: 'c', after, pos: id * 100, partition: id % 2 });
    }
  });

  const load = (ranges: readonly (readonly [number, number, number])[], fenceToken = 1) => {
    const task: BankTask = {
      log,
      url: warehouse.url,
      fenceToken,
      ranges: ranges.map(([partition, from, to]) => ({ topic: BANK_TOPIC, partition, from, to })),
    };
    return loadAccounts(bankContext(task));
  };
  const expectEachOnce = async () => {
    await recomputeUserStats(bankContext({ log, url: warehouse.url }));
    expect(await actualTables(warehouse)).toEqual(expectedTables(log));
    const [sum] = await warehouse.rows(
      'select sum(records)::int as records, sum(to_offset - from_offset)::int as offsets from tidegate.ledger',
    );
    expect(sum).toEqual({ records: RECORDS, offsets: RECORDS });
  };

  it.each([
    ['one of its ranges grew', [0, 0, 60], [1, 0, 100]],
    ['both grew', [0, 0, 60], [1, 0, 30]],
    ['they begin earlier', [0, 20, 60], [1, 99, 100]],
    ['one was empty', [0, 0, 0], [1, 0, 100]],
  ] as const)('loads what is missing where %s, and tells of all', async (_, first, second) => {
    await load([first, second]);
    const all = [
      [0, 0, 100],
      [1, 0, 100],
    ] as const;
    const summary = { records: RECORDS, changes: RECORDS, ignored: 0, quarantined: 0 };
    expect(await load(all, 2)).toEqual(summary);
    expect(await load(all, 3)).toEqual(summary);
    await expectEachOnce();
  });

  it('tells of its own range, where the lost one had another', async () => {
    await load([[0, 50, 60]]);
    const records = async (...range: readonly [number, number]) =>
      (await load([[0, ...range]], 2)).records;
    expect(await records(70, 90)).toBe(20);
    expect(await records(70, 90)).toBe(20);
    expect(await records(0, 100)).toBe(100);
    await load([[1, 0, 100]], 3);
    await expectEachOnce();
  });

  it.each([
    ['all of another partition', 100],
    ['nothing else', 0],
  ])('loads what is missing beside a worker of the lost one that has %s', async (_, upTo) => {
    const blocked = `select from pg_stat_activity
      where application_name = 'tidegate loader' and wait_event_type = 'Lock' and datname = current_database()`;
    const untilBlocked = (count: number) =>
      vi.waitFor(async () => expect(await warehouse.rows(blocked)).toHaveLength(count), 10_000);
    await load([[0, 0, 1]]);
    const holder = new pg.Client({ connectionString: warehouse.url });
    await holder.connect();
    await holder.query('begin; lock table bank_accounts_current in exclusive mode');
    const lost = load([
      [0, 1, 60],
      [1, 0, upTo],
    ]);
    await untilBlocked(1);
    const again = load(
      [
        [0, 1, 100],
        [1, 0, upTo],
      ],
      2,
    );
    await untilBlocked(2);
    await holder.end();
    expect(await lost).toMatchObject({ records: 59 + upTo });
    expect(await again).toMatchObject({ records: 99 + upTo });
    await load([[1, 0, 100]], 3);
    await expectEachOnce();
  });
});
