import { skippedByBranch, skippedByShortCircuit } from './branch.ts';
import type { FlowFacts, RunRow, TaskRow } from './flush-rows.ts';
import { recount } from './recount.ts';
import { runOutcome, type RunOutcome } from './run-outcome.ts';
import { settle } from './settle.ts';
import {
  isActiveTaskState,
  isFinishedTaskState,
  nextTaskState,
  type TaskState,
} from './task-state.ts';

/** A whole run under its locks, its rows in order of place. */
export interface WholeRun {
  readonly run: RunRow;
  readonly rows: readonly TaskRow[];
  readonly flow: FlowFacts;
  readonly nowMs: number;
}

/**
 * Derives everything a run's states imply: what branches skip, what the rules decide, what is ready, every
 * counter of tasks and run. The only path for clear, mark, time-outs and repair. Changes the rows in place
 * and answers what the run has come to.
 */
export function resettleRun(whole: WholeRun): RunOutcome {
  const { run, rows, flow, nowMs } = whole;
  if (run.state === 'running') {
    skipAgain(whole);
    const states = rows.map((row) => row.state);
    const settled = settle(flow.graph, states, (ix) => rows[ix]?.state === 'none');
    for (const [ix, row] of rows.entries()) become(row, settled.states[ix] ?? row.state, nowMs);
    for (const ix of settled.runnable) schedule(rows[ix], nowMs);
  }
  countAgain(whole);
  if (run.state !== 'running') return { state: 'running' };
  return runOutcome(
    flow.graph,
    rows.map((row) => row.state),
  );
}

/** Slots a run's rows hold of each pool. */
export function slotsByPool(flow: FlowFacts, rows: readonly TaskRow[]): Map<string, number> {
  const slots = new Map<string, number>();
  for (const row of rows) {
    const task = flow.tasks[row.ix];
    if (task === undefined || !isActiveTaskState(row.state)) continue;
    slots.set(task.pool, (slots.get(task.pool) ?? 0) + task.poolSlots);
  }
  return slots;
}

/** A clear below a branch must not run what the branch left out. */
function skipAgain({ rows, flow, nowMs }: WholeRun): void {
  for (const row of rows) {
    if (row.state !== 'success' || row.chosen === null) continue;
    const chosen = JSON.parse(row.chosen) as string[];
    const isBranch = flow.tasks[row.ix]?.kind === 'branch';
    const places = isBranch
      ? skippedByBranch(flow.graph, row.ix, chosen)
      : skippedByShortCircuit(flow.graph, row.ix);
    for (const ix of places) {
      const skipped = rows[ix];
      if (skipped?.state === 'none') become(skipped, 'skipped', nowMs);
    }
  }
}

function become(row: TaskRow, state: TaskState, nowMs: number): void {
  if (row.state === state) return;
  row.state = state;
  if (isFinishedTaskState(state)) row.endMs = nowMs;
}

function schedule(row: TaskRow | undefined, nowMs: number): void {
  const next = row === undefined ? null : nextTaskState(row.state, 'schedule');
  if (row === undefined || next === null) return;
  row.state = next;
  row.scheduledMs = nowMs;
}

function countAgain({ run, rows, flow }: WholeRun): void {
  const counts = recount(
    flow.graph,
    rows.map((row) => row.state),
  );
  for (const [ix, row] of rows.entries()) {
    const own = counts[ix];
    if (own === undefined) continue;
    row.success = own.success;
    row.failed = own.failed;
    row.upstreamFailed = own.upstreamFailed;
    row.skipped = own.skipped;
    row.removed = own.removed;
    row.setupSuccess = own.setupSuccess;
    row.setupSkipped = own.setupSkipped;
  }
  const leaves = rows.filter((row) => flow.leaves.has(row.ix));
  run.leavesLeft = leaves.filter((row) => !isFinishedTaskState(row.state)).length;
  run.failedLeaves = leaves.filter(isFailure).length;
  run.failedTasks = rows.filter((row) => row.state === 'failed').length;
  run.activeTasks = rows.filter((row) => isActiveTaskState(row.state)).length;
}

function isFailure(row: TaskRow): boolean {
  return row.state === 'failed' || row.state === 'upstream_failed';
}
