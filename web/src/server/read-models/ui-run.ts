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
      tries: triesOf.get(row.ix) ?? [],
    };
  });
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
