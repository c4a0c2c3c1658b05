import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { accounts } from '../../../dags/src/bank_accounts/accounts.ts';
import { MemoryLog, type BankChange, type BankRow } from '../../../test/cdc/bank-events.ts';
import { actualTables, expectedTables } from '../../../test/cdc/bank-oracle.ts';
import { bankTarget, recomputeUserStats } from '../../../test/cdc/bank-tasks.ts';
import {
  BANK_TOPIC,
  bankContext,
  createBankWarehouse,
  type BankTask,
  type BankWarehouse,
} from '../../../test/cdc/bank-warehouse.ts';
import { describeWith } from '../../../test/services/services.ts';
import { loadRun } from '../warehouse/postgres/load-run.ts';

/** A change of one of a few accounts, and where its record goes. */
const step = fc.record({
  kind: fc.constantFrom('write', 'write', 'write', 'delete', 'move', 'repeat', 'snapshot', 'gap'),
  id: fc.integer({ min: 1, max: 5 }),
  other: fc.integer({ min: 1, max: 5 }),
  user: fc.integer({ min: 1, max: 3 }),
  partition: fc.integer({ min: 0, max: 1 }),
  sameEvent: fc.boolean(),
});

const plan = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 60 }),
  /** Where the log is cut into ranges, and in which order these are loaded, some of them again. */
  cuts: fc.array(fc.nat({ max: 30 }), { maxLength: 3 }),
  order: fc.array(fc.nat({ max: 100 }), { maxLength: 6 }),
  /** What of a range was loaded under its load id before: by a try cut short, or by a run that was lost. */
  before: fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })), { maxLength: 4 }),
  chunkRecords: fc.integer({ min: 1, max: 9 }),
  drains: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
});

type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

function logOf(steps: Plan['steps']): MemoryLog {
  const log = new MemoryLog();
  const living = new Map<number, BankRow>();
  let pos = 100;
  let eventRow = 0;
  for (const { kind, id, other, user, partition, sameEvent } of steps) {
    // Rows of one binlog event share a position and a time.
    eventRow = sameEvent ? eventRow + 1 : 0;
    pos += sameEvent ? 0 : 100;
    if (kind === 'gap') {
      pos += 100;
      eventRow = 0;
      snapshotAfterGap(log, living, { pos, upTo: id, partition });
      continue;
    }
    if (kind === 'repeat') repeatSome(log, partition, id);
    const row = { id, user_id: user, account: `${kind} at ${pos}/${eventRow}` };
    const change = changeOf(kind, living, { row, other });
    if (change === undefined) continue;
    if (change.before) living.delete(Number(change.before.id));
    if (change.after) living.set(Number(change.after.id), change.after);
    log.change({ ...change, pos, row: eventRow, partition });
  }
  return log;
}

/** What a statement of this kind changes, if it finds what it needs. */
function changeOf(
  kind: Plan['steps'][number]['kind'],
  living: ReadonlyMap<number, BankRow>,
  { row, other }: { readonly row: BankRow; readonly other: number },
): Pick<BankChange, 'op' | 'before' | 'after'> | undefined {
  const before = living.get(Number(row.id));
  if (kind === 'write') return before ? { op: 'u', before, after: row } : { op: 'c', after: row };
  if (before === undefined) return undefined;
  if (kind === 'snapshot') return { op: 'r', after: before };
  if (kind === 'delete') return { op: 'd', before };
  const isFree = kind === 'move' && !living.has(other);
  return isFree ? { op: 'u', before, after: { ...row, id: other } } : undefined;
}

/** A producer that crashed writes its last records again. */
function repeatSome(log: MemoryLog, partition: number, count: number): void {
  const records = log.partitions.get(partition) ?? [];
  for (const { value } of records.slice(-count)) log.append(value, partition);
}

/**
 * Accounts up to `upTo` are deleted while the capture is away; it then snapshots again. What it finds may lie in
 * another partition than before, as when one was added.
 */
function snapshotAfterGap(
  log: MemoryLog,
  living: Map<number, BankRow>,
  {
    pos,
    upTo,
    partition,
  }: { readonly pos: number; readonly upTo: number; readonly partition: number },
): void {
  for (const id of living.keys()) if (id <= upTo) living.delete(id);
  for (const [id, after] of living)
    log.change({ op: 'r', after, pos, partition: (id + partition) % 2 });
  log.endSnapshot(pos, [0, 1]);
}

function rangesOf(log: MemoryLog, cuts: readonly number[]) {
  return [...log.partitions].flatMap(([partition, { length }]) => {
    const ends = [...new Set([...cuts.filter((cut) => cut < length && cut > 0), length])];
    ends.sort((a, b) => a - b);
    return ends.map((to, index) => ({
      topic: BANK_TOPIC,
      partition,
      from: ends[index - 1] ?? 0,
      to,
    }));
  });
}

describeWith(['postgres'], 'any history, cut, ordered and repeated in any way', () => {
  let warehouse: BankWarehouse;
  beforeAll(async () => {
    warehouse = await createBankWarehouse();
  });
  afterAll(async () => {
    await warehouse[Symbol.asyncDispose]();
  });

  const loadWhole = (task: BankTask, chunkRecords: number) =>
    loadRun(bankContext(task), {
      uri: warehouse.url,
      connection: 'bankdw',
      target: bankTarget,
      table: accounts as never,
      map: ({ user_id, account, created_at, updated_at }) => ({
        user_id,
        account,
        created_at,
        updated_at,
      }),
      limits: { records: chunkRecords, bytes: 2 ** 20 },
    });

  it('ends as a plain recomputation from the log', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ steps, cuts, order, before, chunkRecords, drains }) => {
        await warehouse.reset();
        const log = logOf(steps);
        const ranges = rangesOf(log, cuts);
        const loads = [
          ...order.map((place) => place % Math.max(1, ranges.length)),
          ...ranges.keys(),
        ];
        for (const [turn, place] of loads.entries()) {
          const range = ranges[place];
          if (range === undefined) continue;
          const [skip, count] = before[turn] ?? [0, 0];
          const from = Math.min(range.from + skip, range.to);
          const part = { ...range, from, to: Math.min(from + count, range.to) };
          const load = { log, url: warehouse.url, loadId: `load-${turn}`, batchRecords: 3 };
          await loadWhole({ ...load, ranges: [part] }, chunkRecords);
          const { records } = await loadWhole({ ...load, ranges: [range] }, chunkRecords);
          expect(records).toBe(range.to - range.from);
          if (drains[turn % 12] === true) await recomputeUserStats(bankContext(load));
        }
        await recomputeUserStats(bankContext({ log, url: warehouse.url }));
        expect(await actualTables(warehouse)).toEqual(expectedTables(log));
      }),
      { numRuns: 60 },
    );
  });
});
