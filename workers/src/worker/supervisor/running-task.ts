import type { TaskOutcome } from '@tidegate/engine/dag';
import type { Grant, TaskKey } from '@tidegate/engine/execution-contract';

import type { TryLog } from '../log/try-log.ts';

/** One granted try, from its grant to its report. */
export interface RunningTask {
  /** Names the try between supervisor and task processes. */
  readonly handle: number;
  readonly grant: Grant;
  readonly key: TaskKey;
  readonly log: TryLog;
  /** When it was granted, then when it started in a process. */
  startedAt: string;
  /** A process runs it. */
  hasStarted: boolean;
  /** Monotonic milliseconds, as the next. */
  readonly grantedAtMs: number;
  leaseUntilMs: number;
  progress: { done: number; total?: number } | undefined;
  waitingFor: string | undefined;
  /** Set when the supervisor asked the task to stop. */
  stopping: Stopping | undefined;
  readonly timers: NodeJS.Timeout[];
}

/** Why a task is stopped, and what is reported whatever it then does; null: nothing, the try is not ours. */
export interface Stopping {
  readonly reason: string;
  readonly outcome: TaskOutcome | null;
  readonly timeoutMs: number | null;
}

export interface TaskResult {
  readonly outcome: TaskOutcome;
  readonly startedAt: string;
  readonly endedAt: string;
}

export function keyOf(grant: Grant): TaskKey {
  const { runKey, ix, tryNumber, token } = grant;
  return { runKey, ix, tryNumber, token };
}

/** Equal for the same grant of the same try. */
export function keyText(key: TaskKey): string {
  return `${key.runKey}/${key.ix}/${key.tryNumber}/${key.token}`;
}
