import type { WholeRun } from './resettle-run.ts';
import type { TaskRow } from './flush-rows.ts';
import { isFinishedTaskState, nextTaskState, type TaskState } from './task-state.ts';
import { downstreamClosure } from './task-graph.ts';

export type MarkedTaskState = 'success' | 'failed' | 'skipped';
export type MarkedRunState = 'queued' | 'success' | 'failed';

/** Clears task instances: finished and waiting ones start afresh, a running one is stopped first. */
export function clearTasks(whole: WholeRun, places: readonly number[]): void {
  for (const ix of places) {
    const row = whole.rows[ix];
    const next = row === undefined ? null : nextTaskState(row.state, 'clear');
    if (row === undefined || next === null) continue;
    row.state = next;
    row.clearNumber += 1;
    row.maxTries = row.tryNumber + (whole.flow.tasks[ix]?.retries ?? 0);
    row.chosen = null;
    row.dueMs = null;
    row.firstStartMs = null;
    // A try that still runs keeps its holder and its times until it has stopped.
    if (next !== 'none') continue;
    row.sessionKey = null;
    row.scheduledMs = null;
    row.startMs = null;
    row.endMs = null;
  }
}

/** Marks task instances, and gives what failed downstream only because of them another chance. */
export function markTasks(
  whole: WholeRun,
  places: readonly number[],
  state: MarkedTaskState,
): void {
  for (const ix of places) moveBy(whole, ix, `mark_${state}`);
  const given = new Set(places);
  const revived = [...downstreamClosure(whole.flow.graph, places)].filter(
    (ix) => !given.has(ix) && whole.rows[ix]?.state === 'upstream_failed',
  );
  clearTasks(whole, revived);
}

/** Ends every task instance that is not finished, as a run marked so does. */
export function markRunTasks(whole: WholeRun, state: 'success' | 'failed'): void {
  for (const row of whole.rows) {
    const next = nextOfMarkedRun(row.state, state);
    if (next !== null) move(whole, row, next);
  }
}

/** What a task instance becomes when its run is marked; null: it stays what it is, with its times. */
export function nextOfMarkedRun(state: TaskState, marked: 'success' | 'failed'): TaskState | null {
  if (marked === 'failed' && isFinishedTaskState(state)) return null;
  const next = nextTaskState(state, marked === 'success' ? 'mark_success' : 'run_marked_failed');
  return next === state ? null : next;
}

/** A run out of time: nothing of it goes on. */
export function timeOutTasks(whole: WholeRun): void {
  for (const row of whole.rows) moveBy(whole, row.ix, 'run_timed_out');
}

function moveBy(whole: WholeRun, ix: number, event: Parameters<typeof nextTaskState>[1]): void {
  const row = whole.rows[ix];
  const next = row === undefined ? null : nextTaskState(row.state, event);
  if (row === undefined || next === null) return;
  move(whole, row, next);
}

function move({ nowMs }: WholeRun, row: TaskRow, next: TaskState): void {
  row.state = next;
  row.endMs = nowMs;
  row.dueMs = null;
  row.firstStartMs = null;
}
