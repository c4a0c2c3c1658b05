import { TidegateError } from '../../platform/errors.ts';
import { failpoint } from '../../platform/failpoint.ts';
import type { FlowFacts, RunRow, TaskRow, TryRow } from '../../state/flush-rows.ts';
import { resettleRun, slotsByPool, type WholeRun } from '../../state/resettle-run.ts';
import { stoppedTries } from '../../state/stopped-tries.ts';
import type { RunState } from '../../state/run-state.ts';
import type { Database, Sql, Tx } from '../db.ts';
import { STORE_ERRORS } from '../errors.ts';
import { TASK_COLUMNS, toTaskRow } from '../flush/lock-rows.ts';
import type { RunInfoCache } from '../flush/run-info.ts';
import { startRuns, writeRuns, writeSteps, type Write } from '../flush/write-rows.ts';

/** What a change may do to a whole run: move states and the run's own; everything derived follows. */
export type RunChange = (whole: WholeRun) => void;

export interface Rewritten {
  readonly runKey: number;
  readonly dagId: string;
  readonly before: RunState;
  readonly state: RunState;
  /** Places of tasks that are ready now. */
  readonly ready: readonly number[];
}

interface LockedRun {
  run_key: number;
  dag_id: string;
  version_key: number;
  state: RunState;
  clear_number: number;
  lane: 'live' | 'backfill';
  backfill_id: number | null;
  is_paused: boolean;
}

/**
 * Changes one run as a whole, under the same locks in the same order as a flush: run, task instances, limits.
 * `reason` is kept when the change ends the run.
 */
export async function rewriteRun(
  database: Database,
  cache: RunInfoCache,
  order: {
    readonly runKey: number;
    readonly nowMs: number;
    readonly change: RunChange;
    readonly reason?: string;
  },
): Promise<Rewritten> {
  return database.transaction(async (tx) => {
    const locked = await lockRun(tx, order.runKey);
    const flow = await cache.flow(locked.version_key);
    if (flow === undefined) throw notFound(order.runKey);
    const rows = await lockAllTasks(tx, order.runKey);
    const before = rows.map((row) => JSON.stringify(row));
    const statesBefore = rows.map((row) => row.state);
    const whole: WholeRun = { run: toRunRow(locked), rows, flow, nowMs: order.nowMs };
    const held = slotsByPool(flow, rows);
    order.change(whole);
    const outcome = resettleRun(whole);
    if (whole.run.state === 'running' && outcome.state !== 'running') {
      whole.run.state = outcome.state;
    }
    const reason = order.reason ?? ('reason' in outcome ? outcome.reason : null);
    await moveSlots(tx, flow, { held, holds: slotsByPool(flow, rows) });
    await save(tx, {
      locked,
      run: whole.run,
      changed: rows.filter((row, ix) => JSON.stringify(row) !== before[ix]),
      stopped: stoppedTries(statesBefore, rows, order.nowMs),
      reason,
      nowMs: order.nowMs,
      runTimeoutMs: flow.runTimeoutMs,
    });
    const ready = rows.filter((row) => row.state === 'scheduled').map((row) => row.ix);
    failpoint('rewrite.before-commit');
    return {
      runKey: order.runKey,
      dagId: locked.dag_id,
      before: locked.state,
      state: whole.run.state,
      ready,
    };
  });
}

async function lockRun(tx: Tx, runKey: number): Promise<LockedRun> {
  const result = await tx.query<LockedRun>(
    `select run.run_key, run.dag_id, run.version_key, run.state, run.clear_number, run.lane,
            run.backfill_id, dag.is_paused
       from tidegate.dag_run as run
       join tidegate.dag using (dag_id)
      where run.run_key = $1
        for no key update of run`,
    [runKey],
  );
  const row = result.rows[0];
  if (row === undefined) throw notFound(runKey);
  return row;
}

async function lockAllTasks(tx: Tx, runKey: number): Promise<TaskRow[]> {
  const result = await tx.query(
    `select ${TASK_COLUMNS}
       from tidegate.task_instance as task
      where task.run_key = $1
      order by task.ix
        for no key update`,
    [runKey],
  );
  return result.rows.map((row) => toTaskRow(Object.values(row)));
}

async function moveSlots(
  tx: Tx,
  flow: FlowFacts,
  slots: { readonly held: Map<string, number>; readonly holds: Map<string, number> },
): Promise<void> {
  const pools = new Set(flow.tasks.map((task) => task.pool));
  const changes = [...pools]
    .map((pool) => ({
      key: `pool:${pool}`,
      by: (slots.holds.get(pool) ?? 0) - (slots.held.get(pool) ?? 0),
    }))
    .filter((change) => change.by !== 0)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const change of changes) {
    await tx.query('update tidegate.limit_usage set used = greatest(0, used + $2) where key = $1', [
      change.key,
      change.by,
    ]);
  }
}

async function save(
  tx: Tx,
  result: {
    readonly locked: LockedRun;
    readonly run: RunRow;
    readonly changed: readonly TaskRow[];
    readonly stopped: readonly TryRow[];
    readonly reason: string | null;
    readonly nowMs: number;
    readonly runTimeoutMs: number | null;
  },
): Promise<void> {
  const { locked, run, changed, stopped } = result;
  await send(tx, writeSteps({ tasks: changed, tries: stopped, runs: [run] }));
  const isMoved = run.state !== locked.state;
  const isStarting = isMoved && run.state === 'running';
  await send(tx, isStarting ? startRuns([run], result.nowMs) : writeRuns([run]));
  if (isMoved) await moveRun(tx, result);
}

async function moveRun(
  tx: Tx,
  result: {
    readonly locked: LockedRun;
    readonly run: RunRow;
    readonly reason: string | null;
    readonly nowMs: number;
    readonly runTimeoutMs: number | null;
  },
): Promise<void> {
  const { locked, run } = result;
  const now = new Date(result.nowMs);
  if (run.state === 'queued') {
    await requeueRun(tx, locked, now);
  } else if (run.state === 'running') {
    if (result.runTimeoutMs !== null) await setRunTimeout(tx, run.runKey, result);
  } else {
    await tx.query(
      `update tidegate.dag_run set end_at = $2, reason = $3, waiting_for = null where run_key = $1`,
      [run.runKey, now, result.reason],
    );
    await tx.query('delete from tidegate.live_run where run_key = $1', [run.runKey]);
    await tx.query('delete from tidegate.timer where run_key = $1', [run.runKey]);
  }
}

async function setRunTimeout(
  tx: Tx,
  runKey: number,
  at: { readonly nowMs: number; readonly runTimeoutMs: number | null },
): Promise<void> {
  await tx.query(
    `insert into tidegate.timer (run_key, ix, kind, due_ms)
     values ($1, -1, 'run_timeout', $2)
         on conflict (run_key, ix, kind) do update set due_ms = excluded.due_ms`,
    [runKey, at.nowMs + (at.runTimeoutMs ?? 0)],
  );
}

/** A run cleared or marked queued waits for a slot like a new one; its clear number tells every cache. */
async function requeueRun(tx: Tx, locked: LockedRun, now: Date): Promise<void> {
  await tx.query(
    `update tidegate.dag_run
        set clear_number = clear_number + 1, queued_at = $2, start_at = null, end_at = null,
            reason = null
      where run_key = $1`,
    [locked.run_key, now],
  );
  await tx.query(
    `insert into tidegate.live_run (run_key, dag_id, scope, run_after)
     values ($1, $2, $3, $4)
         on conflict (run_key) do update set slot = null, cap = null`,
    [locked.run_key, locked.dag_id, scopeOf(locked), now],
  );
}

function scopeOf(run: LockedRun): string {
  if (run.backfill_id !== null) return `backfill:${run.backfill_id}`;
  return run.lane === 'live' ? run.dag_id : `replay:${run.dag_id}`;
}

async function send(tx: Sql, [statement, values]: Write): Promise<void> {
  await tx.query(statement.text, values);
}

function toRunRow(row: LockedRun): RunRow {
  return {
    runKey: row.run_key,
    state: row.state,
    clearNumber: row.clear_number,
    isPaused: row.is_paused,
    leavesLeft: 0,
    failedLeaves: 0,
    failedTasks: 0,
    activeTasks: 0,
  };
}

function notFound(runKey: number): TidegateError {
  return new TidegateError(STORE_ERRORS.notFound, `there is no run ${runKey}`, {
    details: { runKey },
  });
}
