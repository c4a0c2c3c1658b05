import type { SerializedTask } from '../dag/serialized-dag.ts';
import type { TaskGraph } from './task-graph.ts';
import type { RunState } from './run-state.ts';
import type { TaskState } from './task-state.ts';

/** Names a task instance. */
export interface TaskRef {
  readonly runKey: number;
  readonly ix: number;
}

/** A run's row as a flush locks and writes it. */
export interface RunRow {
  readonly runKey: number;
  state: RunState;
  readonly clearNumber: number;
  readonly isPaused: boolean;
  leavesLeft: number;
  failedLeaves: number;
  failedTasks: number;
  activeTasks: number;
}

/** A task instance's row as a flush locks and writes it; times in milliseconds since the epoch. */
export interface TaskRow {
  readonly runKey: number;
  readonly ix: number;
  state: TaskState;
  tryNumber: number;
  maxTries: number;
  token: number;
  readonly total: number;
  success: number;
  failed: number;
  upstreamFailed: number;
  skipped: number;
  removed: number;
  setupSuccess: number;
  setupSkipped: number;
  sessionKey: number | null;
  clearNumber: number;
  scheduledMs: number | null;
  startMs: number | null;
  endMs: number | null;
  firstStartMs: number | null;
  dueMs: number | null;
  /** JSON list of what a branch chose, `[]` after a short circuit that said no. */
  chosen: string | null;
}

export interface LimitRow {
  readonly key: string;
  readonly cap: number;
  used: number;
}

/** How one try ended; kept for good. */
export interface TryRow extends TaskRef {
  readonly tryNumber: number;
  readonly state: 'success' | 'failed' | 'skipped' | 'lost';
  readonly token: number;
  readonly clearNumber: number;
  readonly sessionKey: number | null;
  readonly scheduledMs: number | null;
  readonly startMs: number | null;
  readonly endMs: number;
  /** JSON. */
  readonly output: string | null;
  /** JSON. */
  readonly error: string | null;
}

export type TimerKind = 'retry' | 'reschedule' | 'run_timeout';

export interface TimerRow extends TaskRef {
  readonly kind: TimerKind;
  readonly dueMs: number;
}

/** What a run's DAG version says, compiled once a version. */
export interface FlowFacts {
  readonly graph: TaskGraph;
  readonly tasks: readonly SerializedTask[];
  readonly leaves: ReadonlySet<number>;
  readonly maxActiveTasks: number;
  readonly runTimeoutMs: number | null;
}

/** What does not change about a run while it lives. */
export interface RunFacts {
  readonly runKey: number;
  /** Seed of its retry jitter. */
  readonly identity: string;
  readonly lane: 'live' | 'backfill';
  readonly flow: FlowFacts;
}

/** One number a task instance, for maps: exact up to 8 billion runs of a million tasks. */
export function placeOf(ref: TaskRef): number {
  return ref.runKey * 1_048_576 + ref.ix;
}

/** The limit a task takes slots of. */
export function poolKey(task: SerializedTask): string {
  return `pool:${task.pool}`;
}
