import type { RunRow } from '@tidegate/engine/server';

import type { LogMessage, UiFailure, UiTaskInstance, UiTry } from '../../contract/index.ts';

export interface RootCause {
  readonly task: UiTaskInstance;
  /** The try that says why, where one was kept. */
  readonly failedTry: UiTry | undefined;
}

/** The task a failed run is about: the first that failed by itself, with the try that says why. */
export function findRootCause(tasks: readonly UiTaskInstance[]): RootCause | undefined {
  const failed = tasks.filter((task) => task.state === 'failed');
  const roots = withoutDownstream(tasks, failed);
  const task = roots.toSorted((a, b) => (a.end ?? Infinity) - (b.end ?? Infinity))[0];
  if (task === undefined) return undefined;
  return { task, failedTry: task.tries.findLast((one) => one.state === 'failed') };
}

export interface FailureParts {
  readonly run: RunRow;
  readonly tasks: readonly UiTaskInstance[];
  readonly root: RootCause | undefined;
  /** The first line the failed try logged as an error. */
  readonly logLine: { readonly line: number; readonly message: LogMessage } | null;
}

/** What a person needs to know first; null when nothing failed. */
export function toFailure({ run, tasks, root, logLine }: FailureParts): UiFailure | null {
  if (root === undefined) return run.state === 'failed' ? failureOfRun(run) : null;
  const { task: failed, failedTry } = root;
  const notRun = tasks.filter((task) => task.state === 'upstream_failed').map(idOf);
  const alsoFailed = tasks.filter((task) => task.state === 'failed' && task !== failed).map(idOf);
  return {
    sentence: toSentence(run, root, notRun.length),
    task_id: failed.task_id,
    try_number: failedTry?.try_number ?? failed.try_number,
    error: failedTry?.error ?? null,
    log_line: logLine,
    also_failed: alsoFailed,
    not_run: notRun,
  };
}

/** Name of the error of a try that somebody ended: see the engine's `stoppedTries`. */
const STOPPED = 'Stopped';

/** Why a run failed when no task did: the engine's word, as a sentence. */
const REASONS: Readonly<Record<string, string>> = {
  marked: 'The run was marked failed by hand',
  run_timeout: 'The run ran out of time',
};

function stopOfRun({ reason }: RunRow, stopped: UiTaskInstance): string {
  const fact = REASONS[reason ?? ''] ?? 'The run was stopped';
  return `${fact} while ${stopped.task_id} was running.`;
}

function failureOfRun(run: RunRow): UiFailure {
  const known = REASONS[run.reason ?? ''];
  const why = run.note ?? run.reason;
  const told = why === null ? 'The run failed; none of its tasks did.' : `The run failed: ${why}`;
  return {
    sentence: known === undefined ? told : `${known}; none of its tasks failed.`,
    task_id: null,
    try_number: null,
    error: null,
    log_line: null,
    also_failed: [],
    not_run: [],
  };
}

function toSentence(run: RunRow, { task, failedTry }: RootCause, notRun: number): string {
  const error = failedTry?.error ?? null;
  if (run.state === 'failed' && error?.name === STOPPED) return stopOfRun(run, task);
  const tries = task.try_number === 1 ? '' : ` after ${task.try_number} tries`;
  const why = error === null ? '' : `: ${firstLine(error.message)}`;
  const effect =
    notRun === 0
      ? ''
      : `; ${notRun} other ${notRun === 1 ? 'task' : 'tasks'} did not run because of it`;
  return `${task.task_id} failed${tries}${why}${effect}.`;
}

const LONGEST_MESSAGE = 200;

function firstLine(message: string): string {
  const line = (message.split('\n')[0] ?? '').replace(/\.$/, '');
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}

/** Those of `some` that have none of the others upstream. */
function withoutDownstream(
  tasks: readonly UiTaskInstance[],
  some: readonly UiTaskInstance[],
): UiTaskInstance[] {
  const ids = new Set(some.map(idOf));
  const below = new Set<string>();
  // Tasks come in topological order: one pass reaches everything downstream.
  for (const task of tasks) {
    if (task.upstream.some((id) => ids.has(id) || below.has(id))) below.add(task.task_id);
  }
  return some.filter((task) => !below.has(task.task_id));
}

function idOf(task: UiTaskInstance): string {
  return task.task_id;
}
