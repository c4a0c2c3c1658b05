import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

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
import { startProxy, type CuttableProxy } from '../../../test/cdc/cuttable-proxy.ts';
import { describeWith } from '../../../test/services/services.ts';

const row = (id: number, user_id = 1) => ({ id, user_id, account: `account ${id}` });
const ROWS = 150;

describeWith(['postgres'], 'loadChanges when things break', () => {
  let warehouse: BankWarehouse;
  let proxy: CuttableProxy;
  let log: MemoryLog;
  const context = (task: Partial<BankTask> = {}) =>
    bankContext({ log, url: warehouse.url, ...task });
  const expectExact = async () => {
    await recomputeUserStats(context());
    expect(await actualTables(warehouse)).toEqual(expectedTables(log));
  };
  const waitForRows = async (sql: string) => {
    await vi.waitFor(async () => expect(await warehouse.rows(sql)).not.toHaveLength(0), {
      timeout: 10_000,
      interval: 10,
    });
  };
  const BLOCKED = `select pid from pg_stat_activity
    where application_name = 'tidegate loader' and wait_event_type = 'Lock' and datname = current_database()`;

  beforeAll(async () => {
    warehouse = await createBankWarehouse();
    proxy = await startProxy(warehouse.url);
    log = new MemoryLog();
    log.change({ op: 'c', after: row(1), pos: 1 });
    await loadAccounts(context());
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await warehouse[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await warehouse.reset();
    log = new MemoryLog();
    for (let id = 1; id <= ROWS; id += 1) {
      log.change({ op: 'c', after: row(id, id % 7), pos: id * 100 });
      if (id % 3 === 0) log.change({ op: 'd', before: row(id, id % 7), pos: id * 100 + 50 });
    }
  });

  /** Holds a lock on a table, so that a load stops just before it; `work` runs meanwhile. */
  const whileLocked = async (table: string, work: () => Promise<void>) => {
    const holder = new pg.Client({ connectionString: warehouse.url });
    await holder.connect();
    try {
      await holder.query(`begin; lock table ${table} in exclusive mode`);
      await work();
    } finally {
      await holder.end();
    }
  };

  describe('the backend is killed in the middle of a load', () => {
    const tables = [
      'tidegate.fence',
      'tidegate.load',
      'tidegate.ledger',
      'bank_accounts_history',
      'tidegate.dirty_bank_accounts_current__user_id',
      'bank_accounts_current',
      'tidegate.deleted_bank_accounts_current',
    ];
    it.each(tables)('before it writes %s', async (table) => {
      const waits: (string | undefined)[] = [];
      let loading: Promise<unknown> = Promise.resolve();
      await whileLocked(table, async () => {
        loading = loadAccounts(context({ waits }));
        await waitForRows(BLOCKED);
        await warehouse.rows(`select pg_terminate_backend(pid) from (${BLOCKED}) b`);
        await vi.waitFor(() => expect(waits[0]).toContain('PostgreSQL bankdw'), 5_000);
      });
      await loading;
      expect(waits.at(-1)).toBeUndefined();
      await expectExact();
    });
  });

  it('asks the ledger when nobody knows whether a load was committed', async () => {
    const swallowed = proxy.swallowAnswersAfter('execute tg_ledger');
    const loading = loadAccounts(context({ url: proxy.through(warehouse.url) }));
    await swallowed;
    await waitForRows('select from tidegate.ledger');
    await proxy.cut();
    await proxy.mend();
    expect(await loading).toMatchObject({ records: 200, changes: 200 });
    expect(await warehouse.rows('select from tidegate.ledger')).toHaveLength(1);
    await expectExact();
  });

  it('notices within seconds that its connection died without a word in mid-load, and loads once', async () => {
    let loading: Promise<unknown> = Promise.resolve();
    await whileLocked('bank_accounts_history', async () => {
      loading = loadAccounts(context({ url: proxy.through(warehouse.url) }));
      await waitForRows(BLOCKED);
      proxy.abandon();
    });
    const startedAt = performance.now();
    await loading;
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    await expectExact();
  });

  it('waits for a server that is away, says so, and goes on when it is back', async () => {
    await proxy.cut();
    const waits: (string | undefined)[] = [];
    const loading = loadAccounts(context({ url: proxy.through(warehouse.url), waits }));
    await vi.waitFor(() => expect(waits.length).toBeGreaterThan(2), 5_000);
    expect(waits.at(-1)).toMatch(/PostgreSQL bankdw: .*ECONNREFUSED/);
    await proxy.mend();
    await loading;
    expect(waits.at(-1)).toBeUndefined();
    await expectExact();
  });

  it('stops waiting when the task is aborted', async () => {
    await proxy.cut();
    const abort = new AbortController();
    const waits: (string | undefined)[] = [];
    const url = proxy.through(warehouse.url);
    const loading = loadAccounts(context({ url, waits, signal: abort.signal }));
    const ended = expect(loading).rejects.toThrow('the task timed out');
    await vi.waitFor(() => expect(waits).not.toHaveLength(0), 5_000);
    abort.abort(new Error('the task timed out'));
    await ended;
    await proxy.mend();
  });

  it('lets go of the lock when it is aborted in the middle of a load', async () => {
    const abort = new AbortController();
    await whileLocked('bank_accounts_history', async () => {
      const loading = loadAccounts(context({ signal: abort.signal }));
      const ended = expect(loading).rejects.toThrow('cleared');
      await waitForRows(BLOCKED);
      abort.abort(new Error('cleared'));
      await ended;
    });
    await loadAccounts(context({ fenceToken: 2 }));
    await expectExact();
  });

  describe('two workers have the same task', () => {
    it('refuses the one that wakes up late', async () => {
      let wake = (): void => undefined;
      const asleep = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const paused = loadAccounts(
        context({
          fenceToken: 1,
          batchRecords: 50,
          beforeBatch: (n) => (n === 2 ? asleep : nothing),
        }),
      );
      const refused = expect(paused).rejects.toMatchObject({ code: 'FENCED' });
      await loadAccounts(context({ fenceToken: 2 }));
      const before = await warehouse.rows(
        'select sum(xmin::text::bigint) from bank_accounts_current',
      );
      wake();
      await refused;
      expect(
        await warehouse.rows('select sum(xmin::text::bigint) from bank_accounts_current'),
      ).toEqual(before);
      await expectExact();
    });

    it('loads once when one of them is stopped in the middle of its load', async () => {
      let both: Promise<unknown>[] = [];
      await whileLocked('bank_accounts_current', async () => {
        both = [loadAccounts(context({ fenceToken: 1 }))];
        await waitForRows(BLOCKED);
        both.push(loadAccounts(context({ fenceToken: 2 })));
        await waitForRows(`select count(*) from (${BLOCKED}) b having count(*) = 2`);
      });
      const [first, second] = await Promise.all(both);
      expect(second).toEqual(first);
      expect(await warehouse.rows('select from tidegate.load')).toHaveLength(1);
      await expectExact();
    });

    it('refuses the older one even where the newer has nothing left to do', async () => {
      await loadAccounts(context({ fenceToken: 5 }));
      await expect(
        loadAccounts(context({ loadId: 'cleared', fenceKey: 'load-1', fenceToken: 4 })),
      ).rejects.toMatchObject({ code: 'FENCED' });
      await expectExact();
    });
  });

  it('recomputes statistics right while loads commit beside it', async () => {
    const ranges = log.ranges(BANK_TOPIC)[0]!;
    const loads = Array.from({ length: 10 }, (_, part) =>
      loadAccounts(
        context({
          loadId: `part-${part}`,
          ranges: [{ ...ranges, from: part * 20, to: part * 20 + 20 }],
        }),
      ),
    );
    const drains = Array.from({ length: 10 }, () => recomputeUserStats(context()));
    await Promise.all([...loads, ...drains]);
    await expectExact();
  });
});

const nothing = Promise.resolve();
