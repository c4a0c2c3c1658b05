import { BugError } from '../../platform/errors.ts';
import type { FlushBatch, FlushRows, FlushWrites, RunEnding } from '../../state/flush-batch.ts';
import {
  placeOf,
  type FlowFacts,
  type LimitRow,
  type RunFacts,
  type RunRow,
  type TaskRef,
  type TaskRow,
  type TimerKind,
  type TimerRow,
  type TryRow,
} from '../../state/flush-rows.ts';
import { touchesOf } from '../../state/flush-touches.ts';
import { planFlush } from '../../state/plan-flush.ts';
import { stoppedTries } from '../../state/stopped-tries.ts';
import { isFinishedTaskState, nextTaskState } from '../../state/task-state.ts';
import { rewriteInMemory, type WholeRunChange } from './memory-rewrite.ts';

/** A run to be made. */
export interface MemoryRun {
  readonly flow: FlowFacts;
  /** Seed of its retry jitter. (Default: its key) */
  readonly identity?: string;
  readonly lane: 'live' | 'backfill';
  /** Whose limit of active runs counts it. */
  readonly scope: string;
  readonly maxActiveRuns: number;
  readonly runAfterMs: number;
}

/** A queued or running run: `live_run` in the database. */
interface LiveRun {
  readonly scope: string;
  readonly cap: number;
  runAfterMs: number;
  slot: number | null;
}

/** What a queued job names. */
export interface MemoryJob extends TaskRef {
  readonly tryNumber: number;
  readonly token: number;
}

/**
 * The metadata of runs without a database: the same planner over the same rows, each call one transaction.
 * The simulator runs on it; the contract suite keeps it equal to PostgreSQL.
 */
export class MemoryStore {
  readonly runs = new Map<number, RunRow>();
  readonly tasks = new Map<number, TaskRow>();
  readonly limits = new Map<string, LimitRow>();
  readonly timers = new Map<string, TimerRow>();
  readonly tries = new Map<string, TryRow>();
  readonly live = new Map<number, LiveRun>();
  private readonly facts = new Map<number, RunFacts>();
  private readonly scopes = new Map<number, Pick<LiveRun, 'scope' | 'cap'>>();
  private lastRunKey = 0;
  private lastToken = 0;

  constructor(pools: Readonly<Record<string, number>>) {
    for (const [name, cap] of Object.entries(pools)) {
      this.limits.set(`pool:${name}`, { key: `pool:${name}`, cap, used: 0 });
    }
  }

  readonly factsOf = (runKey: number): RunFacts => {
    const facts = this.facts.get(runKey);
    if (facts === undefined) throw new BugError('no such run', { runKey });
    return facts;
  };

  /** Inserts a queued run with its task instances. */
  createRun(run: MemoryRun): number {
    this.lastRunKey += 1;
    const runKey = this.lastRunKey;
    const { flow, lane, identity = `run-${runKey}` } = run;
    this.facts.set(runKey, { runKey, identity, lane, flow });
    this.runs.set(runKey, newRunRow(runKey, flow));
    for (const [ix, task] of flow.tasks.entries()) {
      const total = flow.graph.tasks[ix]?.upstream.length ?? 0;
      const row = newTaskRow({ runKey, ix }, { total, retries: task.retries });
      this.tasks.set(placeOf(row), row);
    }
    const { scope, maxActiveRuns: cap, runAfterMs } = run;
    this.scopes.set(runKey, { scope, cap });
    this.live.set(runKey, { scope, cap, runAfterMs, slot: null });
    return runKey;
  }

  /** Gives due runs a slot of their scope, the oldest first; answers every queued run that has one. */
  takeSlots(nowMs: number): number[] {
    const waiting = [...this.live].filter(
      ([, run]) => run.slot === null && run.runAfterMs <= nowMs,
    );
    waiting.sort(([keyA, a], [keyB, b]) => a.runAfterMs - b.runAfterMs || keyA - keyB);
    for (const [, run] of waiting) run.slot = this.findFreeSlot(run);
    return [...this.live]
      .filter(([runKey, run]) => run.slot !== null && this.runs.get(runKey)?.state === 'queued')
      .map(([runKey]) => runKey);
  }

  /** One flush in one transaction: all of it is applied, or (when planning throws) nothing. */
  flush(batch: FlushBatch): FlushWrites {
    const touches = touchesOf(batch, this.factsOf);
    const rows: FlushRows = {
      runs: this.copyRuns(touches.runs),
      tasks: this.copyTasks(touches.tasks),
      limits: new Map(
        touches.limits.flatMap((key) => {
          const limit = this.limits.get(key);
          return limit === undefined ? [] : [[key, { ...limit }]];
        }),
      ),
      tokens: this.drawTokens(batch, touches.tasks.length),
    };
    const plan = planFlush(batch, rows, this.factsOf);
    let step = plan.next();
    while (step.done !== true) {
      for (const [place, row] of this.copyTasks(step.value)) rows.tasks.set(place, row);
      step = plan.next();
    }
    this.write(step.value, batch.nowMs);
    return step.value;
  }

  /** Clear, mark, time out, repair, or begin a run that was cleared: one run as a whole. */
  rewrite(runKey: number, nowMs: number, change: WholeRunChange): void {
    const before = this.runs.get(runKey);
    if (before === undefined) throw new BugError('no such run', { runKey });
    const { flow } = this.factsOf(runKey);
    const rows = this.listTasks(runKey).map((row) => ({ ...row }));
    const statesBefore = rows.map((row) => row.state);
    const { run } = rewriteInMemory({ run: { ...before }, rows, flow, nowMs }, this.limits, change);
    for (const row of rows) this.tasks.set(placeOf(row), row);
    for (const tried of stoppedTries(statesBefore, rows, nowMs)) this.keepTry(tried);
    const isRequeued = run.state === 'queued' && before.state !== 'queued';
    const clearNumber = before.clearNumber + Number(isRequeued);
    this.runs.set(runKey, { ...run, clearNumber });
    if (run.state !== before.state) this.moveRun(run, nowMs);
  }

  /** A worker takes a queued job; null when another has, or the job is of an older try. */
  start(
    job: MemoryJob,
    worker: { readonly sessionKey: number; readonly nowMs: number },
  ): TaskRow | null {
    const row = this.tasks.get(placeOf(job));
    if (row?.token !== job.token || row.tryNumber !== job.tryNumber) return null;
    const next = row.state === 'queued' ? nextTaskState(row.state, 'start') : null;
    if (next === null) return null;
    this.lastToken += 1;
    row.state = next;
    row.token = this.lastToken;
    row.sessionKey = worker.sessionKey;
    row.startMs = worker.nowMs;
    return { ...row };
  }

  listTasks(runKey: number): TaskRow[] {
    return this.factsOf(runKey).flow.tasks.map((_, ix) => {
      const row = this.tasks.get(placeOf({ runKey, ix }));
      if (row === undefined) throw new BugError('a run lacks a task instance', { runKey, ix });
      return row;
    });
  }

  listDueTimers(nowMs: number): TimerRow[] {
    return [...this.timers.values()].filter((timer) => timer.dueMs <= nowMs);
  }

  private keepTry(ended: TryRow): void {
    this.tries.set(`${placeOf(ended)}/${ended.tryNumber}`, ended);
  }

  private findFreeSlot(run: LiveRun): number | null {
    const taken = new Set(
      [...this.live.values()].filter((other) => other.scope === run.scope).map(({ slot }) => slot),
    );
    for (let slot = 0; slot < run.cap; slot += 1) if (!taken.has(slot)) return slot;
    return null;
  }

  /** As many as the database draws, so that both grant the same. */
  private drawTokens(batch: FlushBatch, touched: number): number[] {
    const wanted = batch.demands.reduce((sum, demand) => sum + demand.slots, 0);
    const length = batch.queuesRest ? touched : Math.min(touched, wanted);
    return Array.from({ length }, () => (this.lastToken += 1));
  }

  private copyRuns(runKeys: readonly number[]): Map<number, RunRow> {
    return new Map(
      runKeys.flatMap((runKey) => {
        const run = this.runs.get(runKey);
        return run === undefined ? [] : [[runKey, { ...run }] as const];
      }),
    );
  }

  private copyTasks(refs: readonly TaskRef[]): Map<number, TaskRow> {
    return new Map(
      refs.flatMap((ref) => {
        const row = this.tasks.get(placeOf(ref));
        return row === undefined ? [] : [[placeOf(ref), { ...row }] as const];
      }),
    );
  }

  private write(writes: FlushWrites, nowMs: number): void {
    for (const row of writes.tasks) this.tasks.set(placeOf(row), { ...row });
    for (const run of writes.runs) this.runs.set(run.runKey, { ...run });
    for (const limit of writes.limits) this.limits.set(limit.key, { ...limit });
    for (const one of writes.tries) this.keepTry(one);
    for (const gone of writes.timersGone) this.timers.delete(timerKey(gone));
    for (const timer of writes.timers) this.timers.set(timerKey(timer), timer);
    for (const ending of writes.endings) this.end(ending, nowMs);
  }

  /** As in the database: over unless a task is unfinished. */
  private end(ending: RunEnding, nowMs: number): void {
    const rows = this.listTasks(ending.runKey);
    if (rows.some((row) => !isFinishedTaskState(row.state))) return;
    const run = this.runs.get(ending.runKey);
    if (run === undefined) throw new BugError('a run that does not exist ended', { at: nowMs });
    run.state = ending.state;
    this.leave(ending.runKey);
  }

  private moveRun(run: RunRow, nowMs: number): void {
    const { runKey } = run;
    const scope = this.scopes.get(runKey);
    if (scope === undefined) throw new BugError('a run without a scope', { runKey });
    switch (run.state) {
      case 'queued': {
        const live = this.live.get(runKey);
        if (live === undefined) {
          this.live.set(runKey, { ...scope, runAfterMs: nowMs, slot: null });
        } else live.slot = null;
        return;
      }
      case 'running': {
        const timeout = this.factsOf(runKey).flow.runTimeoutMs;
        if (timeout === null) return;
        const timer = { runKey, ix: -1, kind: 'run_timeout', dueMs: nowMs + timeout } as const;
        this.timers.set(timerKey(timer), timer);
        return;
      }
      case 'success':
      case 'failed':
        this.leave(runKey);
    }
  }

  /** A finished run gives its slot and its timers back. */
  private leave(runKey: number): void {
    this.live.delete(runKey);
    for (const [key, timer] of this.timers) {
      if (timer.runKey === runKey) this.timers.delete(key);
    }
  }
}

function timerKey(timer: TaskRef & { readonly kind: TimerKind }): string {
  return `${placeOf(timer)}/${timer.kind}`;
}

function newRunRow(runKey: number, flow: FlowFacts): RunRow {
  return {
    runKey,
    state: 'queued',
    clearNumber: 0,
    isPaused: false,
    leavesLeft: flow.leaves.size,
    failedLeaves: 0,
    failedTasks: 0,
    activeTasks: 0,
  };
}

function newTaskRow(
  ref: TaskRef,
  facts: { readonly total: number; readonly retries: number },
): TaskRow {
  return {
    ...ref,
    state: 'none',
    tryNumber: 0,
    maxTries: facts.retries,
    token: 0,
    total: facts.total,
    success: 0,
    failed: 0,
    upstreamFailed: 0,
    skipped: 0,
    removed: 0,
    setupSuccess: 0,
    setupSkipped: 0,
    sessionKey: null,
    clearNumber: 0,
    scheduledMs: null,
    startMs: null,
    endMs: null,
    firstStartMs: null,
    dueMs: null,
    chosen: null,
  };
}
