import { readFile } from 'node:fs/promises';

import type { SourceBatch, SourceRange, TaskContext } from '@tidegate/engine/dag';
import pg from 'pg';

import { createPostgresDatabase } from '../services/services.ts';
import type { MemoryLog } from './bank-events.ts';

export const BANK_TOPIC = 'bank.bankdb.bank_accounts';

/** The tables of `bankdw` in a database of the test's own. */
export interface BankWarehouse extends AsyncDisposable {
  readonly url: string;
  readonly client: pg.Client;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** Removes all rows, ours included: the next load is the first one. */
  reset(): Promise<void>;
}

export async function createBankWarehouse(): Promise<BankWarehouse> {
  const database = await createPostgresDatabase('bankdw');
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  const tables = new URL('../../sql/warehouse/bankdw.sql', import.meta.url);
  await client.query(await readFile(tables, 'utf8'));
  await client.query(`set timezone = 'UTC'`);
  return {
    url: database.url,
    client,
    rows: async (sql) => (await client.query(sql)).rows as Record<string, unknown>[],
    reset: async () => {
      const { rows } = await client.query<{ tables: string | null }>(
        `select string_agg(format('%I.%I', schemaname, tablename), ', ') as tables from pg_tables
         where schemaname in ('public', 'tidegate') and tablename <> 'target'`,
      );
      await client.query(`truncate ${rows[0]?.tables ?? ''}`);
      await client.query(`do $$ begin if to_regclass('tidegate.target') is not null then
        update tidegate.target set truncated_v1 = -1, truncated_v2 = -1,
          cleaned_at = '-infinity'; end if; end $$`);
    },
    [Symbol.asyncDispose]: async () => {
      await client.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

export interface BankTask {
  readonly log: MemoryLog;
  readonly url: string;
  readonly loadId?: string;
  readonly fenceKey?: string;
  readonly fenceToken?: number;
  readonly ranges?: readonly SourceRange[];
  readonly signal?: AbortSignal;
  readonly waits?: (string | undefined)[];
  /** Awaited before each batch; batches hold `batchRecords`. (Default: 1,000) */
  readonly beforeBatch?: (batch: number) => Promise<void>;
  readonly batchRecords?: number;
}

/** The context a worker would give a task, over a log in memory. */
export function bankContext(task: BankTask): TaskContext {
  const ranges = task.ranges ?? task.log.ranges(BANK_TOPIC);
  const loadId = task.loadId ?? 'load-1';
  const quiet = (): void => undefined;
  return {
    input: {},
    params: {},
    run: {
      dagId: 'bank_accounts',
      runId: 'run-1',
      runType: 'scheduled',
      logicalDate: null,
      dataIntervalStart: null,
      dataIntervalEnd: null,
      runAfter: '2026-01-01T00:00:00Z',
      lane: 'live',
    },
    task: {
      id: 'load',
      mapIndex: -1,
      tryNumber: 1,
      loadId,
      fenceKey: task.fenceKey ?? loadId,
      fenceToken: task.fenceToken ?? 1,
    },
    source: {
      ranges,
      records: ranges.reduce((sum, { from, to }) => sum + to - from, 0),
      read: () => readRanges(task, ranges),
    },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    signal: task.signal ?? new AbortController().signal,
    connection: (id) => Promise.resolve({ id, type: 'postgres', uri: task.url, extra: {} }),
    variable: () => Promise.resolve(''),
    progress: quiet,
    waitingFor: (what) => task.waits?.push(what),
  };
}

async function* readRanges(
  task: BankTask,
  ranges: readonly SourceRange[],
): AsyncGenerator<SourceBatch> {
  const size = task.batchRecords ?? 1_000;
  let batch = 0;
  for (const range of ranges) {
    const records = (task.log.partitions.get(range.partition) ?? []).filter(
      ({ offset }) => offset >= range.from && offset < range.to,
    );
    for (let start = 0; start < records.length; start += size) {
      await task.beforeBatch?.(batch);
      batch += 1;
      yield { range, records: records.slice(start, start + size) };
    }
  }
}
