import type { TaskOutcome } from '@tidegate/engine/dag';

import { WORKER_ERRORS } from '../errors.ts';
import type { RunningTask } from './running-task.ts';
import type { ProcessExit } from './task-process-handle.ts';

/** How the tries of a dead process end; null: nothing is reported, the try is not ours any more. */
export type Verdicts = ReadonlyMap<number, TaskOutcome | null>;

/**
 * Who is to blame for the death of a process.
 *
 * 1. A task the supervisor was stopping gets what was decided then (a timeout, say).
 * 2. Where nothing was being stopped, the task that the process named itself, or the only one it ran, has failed;
 *    not, though, when somebody outside killed it: that says nothing about the task.
 * 3. All others are lost through no fault of their own, and use no retry. The engine counts the killed ones: a task
 *    whose process is killed at every try fails in the end.
 */
export function judgeDeath(running: readonly RunningTask[], exit: ProcessExit): Verdicts {
  const isStopped = running.some((task) => task.stopping !== undefined);
  const culprit = isStopped ? undefined : findCulprit(running, exit);
  const isKilled = !isStopped && culprit === undefined && wasKilled(exit);
  const verdicts = new Map<number, TaskOutcome | null>();
  for (const task of running) {
    if (task.stopping !== undefined) verdicts.set(task.handle, task.stopping.outcome);
    else if (task === culprit) verdicts.set(task.handle, failure(exit));
    else verdicts.set(task.handle, loss(exit, isKilled));
  }
  return verdicts;
}

function findCulprit(running: readonly RunningTask[], exit: ProcessExit): RunningTask | undefined {
  const named = exit.dying?.handle;
  if (named !== null && named !== undefined) return running.find((task) => task.handle === named);
  return running.length === 1 && !wasKilled(exit) ? running[0] : undefined;
}

/** Signals a person or the system sends; the others are what a process brings upon itself. */
const FROM_OUTSIDE = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

function wasKilled({ signal, dying, isOutOfMemory }: ProcessExit): boolean {
  return signal !== null && FROM_OUTSIDE.has(signal) && dying === null && !isOutOfMemory;
}

function failure(exit: ProcessExit): TaskOutcome {
  if (exit.dying !== null) return { kind: 'failed', retriable: true, error: exit.dying.error };
  const code = exit.isOutOfMemory ? WORKER_ERRORS.outOfMemory : WORKER_ERRORS.processExited;
  const message = `the task process ended under the task: ${describeExit(exit)}`;
  return { kind: 'failed', retriable: true, error: { name: 'TidegateError', message, code } };
}

function loss(exit: ProcessExit, isKilled: boolean): TaskOutcome {
  const where = isKilled ? 'under' : 'beside';
  const reason = `the task process ended ${where} the task: ${describeExit(exit)}`;
  return { kind: 'lost', reason, ...(isKilled ? { cause: 'process_killed' } : {}) };
}

/** `out of memory`, `exit code 1`, `killed by SIGKILL …`. */
export function describeExit({ code, signal, isOutOfMemory, dying }: ProcessExit): string {
  if (isOutOfMemory) return 'out of memory (the heap limit of task processes was reached)';
  if (dying !== null) return dying.error.message;
  if (signal === 'SIGKILL') {
    return "killed by SIGKILL (by somebody, or by the system's out-of-memory killer)";
  }
  if (signal !== null) return `killed by ${signal}`;
  return code === null ? 'it could not be started' : `exit code ${code}`;
}
