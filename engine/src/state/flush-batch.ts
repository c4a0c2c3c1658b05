import type { TaskOutcome } from '../dag/task-outcome.ts';
import type {
  LimitRow,
  RunFacts,
  RunRow,
  TaskRef,
  TaskRow,
  TimerKind,
  TimerRow,
  TryRow,
} from './flush-rows.ts';

/** What happened since the last flush. */
export interface FlushBatch {
  readonly nowMs: number;
  readonly reports: readonly Report[];
  /** Retries and reschedules whose time has come. */
  readonly wakes: readonly TaskRef[];
  /** Runs that got their slot and start now, never cleared before. */
  readonly begins: readonly number[];
  /** Free slots of waiting workers. */
  readonly demands: readonly Demand[];
  /** Ready task instances, best first; a hint, checked against the rows. */
  readonly candidates: readonly TaskRef[];
  /** BullMQ lane: what no demand takes is queued, within the limits. */
  readonly queuesRest: boolean;
}

export interface Report extends TaskRef {
  readonly tryNumber: number;
  readonly token: number;
  readonly outcome: TaskOutcome;
  readonly startMs: number | null;
  readonly endMs: number;
  /** Now, less the time of the worker's clock as it sent this: what its clock is off, and the way here. (Default: 0) */
  readonly clockOffMs?: number;
}

export interface Demand {
  readonly sessionKey: number;
  readonly queues: ReadonlySet<string>;
  readonly slots: number;
}

/** The rows a flush locked. */
export interface FlushRows {
  readonly runs: Map<number, RunRow>;
  /** By `placeOf`. */
  readonly tasks: Map<number, TaskRow>;
  readonly limits: Map<string, LimitRow>;
  /** Fence tokens drawn under the locks. */
  readonly tokens: readonly number[];
}

export type FactsOf = (runKey: number) => RunFacts;

/** What a flush writes, all of it absolute. */
export interface FlushWrites {
  readonly tasks: readonly TaskRow[];
  readonly runs: readonly RunRow[];
  /** Runs whose leaves have all ended: over unless a task is unfinished. */
  readonly endings: readonly RunEnding[];
  /** Runs that started in this flush. */
  readonly started: readonly number[];
  readonly limits: readonly LimitRow[];
  readonly tries: readonly TryRow[];
  readonly timers: readonly TimerRow[];
  readonly timersGone: readonly (TaskRef & { readonly kind: TimerKind })[];
  readonly queued: readonly TaskRow[];
  readonly grants: readonly PlannedGrant[];
  /** Became ready and found no slot. */
  readonly ready: readonly TaskRow[];
  /** One a report, in order. */
  readonly verdicts: readonly ('accepted' | 'stale')[];
}

export interface RunEnding {
  readonly runKey: number;
  readonly state: 'success' | 'failed';
  readonly reason: string | null;
}

export interface PlannedGrant {
  /** Place in `demands`. */
  readonly demand: number;
  readonly task: TaskRow;
}
