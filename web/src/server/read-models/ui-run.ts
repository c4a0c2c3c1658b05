import type { DagVersion, TaskInstanceRow, TryOfRun } from '@tidegate/engine/server';

import type { UiTaskInstance, UiTry, UiTryError } from '../../contract/index.ts';
import { toUiTask } from './task.ts';

/** Task instances of a run in the order of its graph, each with its tries. */
export function toUiTaskInstances(
  version: DagVersion,
  rows: readonly TaskInstanceRow[],
  tries: readonly TryOfRun[],
): UiTaskInstance[] {
  const triesOf = new Map<number, UiTry[]>(rows.map((row) => [row.ix, []]));
  for (const one of tries) triesOf.get(one.ix)?.push(toUiTry(one));
  return rows.flatMap((row) => {
    const task = version.serialized.tasks[row.ix];
    if (task === undefined) return [];
    const { state } = row;
    const own = triesOf.get(row.ix) ?? [];
    return {
      ...toUiTask(task),
      state: state as UiTaskInstance['state'],
      try_number: row.try_number,
      max_tries: row.max_tries,
      scheduled: row.scheduled_ms,
      start: row.start_ms,
      end: row.end_ms,
      due: state === 'up_for_retry' || state === 'up_for_reschedule' ? row.due_ms : null,
      worker: row.worker,
      clear_number: row.clear_number,
      tries: AT_WORK.has(state) ? withRunning(own, row) : own,
    };
  });
}

const AT_WORK: ReadonlySet<string> = new Set([
  'running',
  'restarting',
  'up_for_reschedule',
  'deferred',
]);

/** A try is written down when it ends; until then the task instance tells of it, and its progress does. */
function withRunning(tries: readonly UiTry[], row: TaskInstanceRow): UiTry[] {
  const told = tries.find((one) => one.try_number === row.try_number);
  if (told !== undefined && told.state !== 'running') return [...tries];
  const running: UiTry = {
    try_number: row.try_number,
    state: 'running',
    clear_number: row.clear_number,
    worker: row.worker,
    scheduled: row.scheduled_ms,
    start: row.start_ms,
    end: null,
    error: null,
    progress: told?.progress ?? null,
    waiting_for: told?.waiting_for ?? null,
  };
  return [...tries.filter((one) => one !== told), running];
}

function toUiTry(row: TryOfRun): UiTry {
  return {
    try_number: row.try_number,
    state: row.state,
    clear_number: row.clear_number,
    worker: row.worker,
    scheduled: row.scheduled_ms,
    start: row.start_ms,
    end: row.end_ms,
    error: row.error === null ? null : toTryError(row.error),
    progress: row.progress === null ? null : toProgress(row.progress),
    waiting_for: row.waiting_for,
  };
}

function toTryError(text: string): UiTryError {
  const error = JSON.parse(text) as unknown;
  if (typeof error !== 'object' || error === null) {
    return { name: null, message: String(error), code: null, stack: null };
  }
  const said = error as Readonly<Record<string, unknown>>;
  const textOf = (name: string): string | null => {
    const value = said[name];
    return typeof value === 'string' ? value : null;
  };
  return {
    name: textOf('name'),
    message: textOf('message') ?? textOf('reason') ?? text,
    code: textOf('code'),
    stack: textOf('stack'),
  };
}

function toProgress(text: string): UiTry['progress'] {
  const { done, total } = JSON.parse(text) as { done: number; total?: number };
  return { done, total: total ?? null };
}
