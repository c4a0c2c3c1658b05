import { BugError } from '../platform/errors.ts';
import type { SerializedTask } from '../dag/serialized-dag.ts';
import type { FactsOf, FlushRows } from './flush-batch.ts';
import {
  placeOf,
  poolKey,
  type LimitRow,
  type RunFacts,
  type RunRow,
  type TaskRef,
  type TaskRow,
  type TimerKind,
  type TimerRow,
  type TryRow,
} from './flush-rows.ts';
import {
  isActiveTaskState,
  isFinishedTaskState,
  nextTaskState,
  type TaskEvent,
} from './task-state.ts';

/** The locked rows while a flush is worked out: every change goes through `move` and is remembered. */
export class FlushDraft {
  readonly rows: FlushRows;
  readonly nowMs: number;
  readonly factsOf: FactsOf;
  readonly touchedTasks = new Set<TaskRow>();
  /** Rows as they were before the first touch: a slot released and taken again is no change. */
  private readonly runsBefore = new Map<RunRow, RunRow>();
  private readonly limitsBefore = new Map<LimitRow, number>();
  readonly tries: TryRow[] = [];
  readonly timers: TimerRow[] = [];
  readonly timersGone: (TaskRef & { readonly kind: TimerKind })[] = [];
  /** Finished since the last level; their downstreams are still to be told. */
  settled: TaskRow[] = [];
  /** Runs in which something finished. */
  readonly runsWithEnds = new Set<RunRow>();
  readonly ready = new Set<TaskRow>();

  constructor(rows: FlushRows, nowMs: number, factsOf: FactsOf) {
    this.rows = rows;
    this.nowMs = nowMs;
    this.factsOf = factsOf;
  }

  task(ref: TaskRef): TaskRow | undefined {
    return this.rows.tasks.get(placeOf(ref));
  }

  /** Runs whose rows differ from what was locked. */
  changedRuns(): RunRow[] {
    return [...this.runsBefore].filter(([run, before]) => differs(run, before)).map(([run]) => run);
  }

  changedLimits(): LimitRow[] {
    return [...this.limitsBefore]
      .filter(([limit, used]) => limit.used !== used)
      .map(([limit]) => limit);
  }

  /** To be called before a run's row is changed. */
  touchRun(run: RunRow): void {
    if (!this.runsBefore.has(run)) this.runsBefore.set(run, { ...run });
  }

  run(runKey: number): RunRow {
    const run = this.rows.runs.get(runKey);
    if (run === undefined) throw new BugError('a run was touched without its lock', { runKey });
    return run;
  }

  facts(ref: { readonly runKey: number }): RunFacts {
    return this.factsOf(ref.runKey);
  }

  taskOf(ref: TaskRef): SerializedTask {
    const task = this.factsOf(ref.runKey).flow.tasks[ref.ix];
    if (task === undefined) throw new BugError('a task instance outside its graph', { ...ref });
    return task;
  }

  /** The one way a state changes. False when the table refuses the event. */
  move(row: TaskRow, event: TaskEvent): boolean {
    const next = nextTaskState(row.state, event);
    if (next === null) return false;
    const wasActive = isActiveTaskState(row.state);
    row.state = next;
    this.touchedTasks.add(row);
    this.countSlots(row, Number(isActiveTaskState(next)) - Number(wasActive));
    if (next === 'scheduled') {
      row.scheduledMs = this.nowMs;
      row.dueMs = null;
      this.ready.add(row);
    } else {
      this.ready.delete(row);
    }
    if (isFinishedTaskState(next)) this.finish(row);
    return true;
  }

  private finish(row: TaskRow): void {
    row.endMs ??= this.nowMs;
    this.settled.push(row);
    const run = this.run(row.runKey);
    this.runsWithEnds.add(run);
    const isFailure = row.state === 'failed' || row.state === 'upstream_failed';
    this.touchRun(run);
    if (row.state === 'failed') run.failedTasks += 1;
    if (!this.facts(row).flow.leaves.has(row.ix)) return;
    run.leavesLeft -= 1;
    if (isFailure) run.failedLeaves += 1;
  }

  private countSlots(row: TaskRow, by: number): void {
    if (by === 0) return;
    const run = this.run(row.runKey);
    this.touchRun(run);
    run.activeTasks += by;
    const task = this.taskOf(row);
    const limit = this.rows.limits.get(poolKey(task));
    if (limit === undefined) {
      throw new BugError('slots of a pool were counted without its lock', { pool: task.pool });
    }
    if (!this.limitsBefore.has(limit)) this.limitsBefore.set(limit, limit.used);
    limit.used = Math.max(0, limit.used + by * task.poolSlots);
  }
}

function differs(run: RunRow, before: RunRow): boolean {
  return (
    run.state !== before.state ||
    run.activeTasks !== before.activeTasks ||
    run.leavesLeft !== before.leavesLeft ||
    run.failedLeaves !== before.failedLeaves ||
    run.failedTasks !== before.failedTasks
  );
}
