import type { DagVersion, GridRun } from '@tidegate/engine/server';

import { NO_TASK, RUN_TYPE_CODES, STATE_CODES } from '../../contract/index.ts';
import type { UiGrid, UiTask } from '../../contract/index.ts';
import { toUiTask } from './task.ts';

/** Runs × tasks in columns; rows are matched by task id across versions. */
export function toGrid(
  dagId: string,
  runs: readonly GridRun[],
  versions: ReadonlyMap<number, DagVersion>,
): Omit<UiGrid, 'next_cursor'> {
  const tasks = unionOfTasks(runs, versions);
  const rowOf = new Map(tasks.map((task, row) => [task.task_id, row]));
  const placesOf = new Map<number, (number | undefined)[]>();
  for (const [key, { serialized }] of versions) {
    placesOf.set(
      key,
      serialized.tasks.map((task) => rowOf.get(task.id)),
    );
  }
  const column = (run: GridRun, values: string | null, toCode: (value: string) => string): string =>
    spread(
      tasks.length,
      placesOf.get(run.version_key) ?? [],
      (values ?? '').split(',').map(toCode),
    );
  return {
    dag_id: dagId,
    runs: toColumns(runs, versions),
    tasks,
    states: runs.map((run) => column(run, run.states, toStateCode)),
    tries: runs.map((run) => column(run, run.tries, toTryCode)),
  };
}

/** The newest version's tasks in order, then what only older ones have. */
function unionOfTasks(
  runs: readonly GridRun[],
  versions: ReadonlyMap<number, DagVersion>,
): UiTask[] {
  const tasks = new Map<string, UiTask>();
  for (const key of new Set(runs.map((run) => run.version_key))) {
    for (const task of versions.get(key)?.serialized.tasks ?? []) {
      if (!tasks.has(task.id)) tasks.set(task.id, toUiTask(task));
    }
  }
  return [...tasks.values()];
}

function spread(
  length: number,
  rows: readonly (number | undefined)[],
  codes: readonly string[],
): string {
  const cells = new Array<string>(length).fill(NO_TASK);
  for (const [ix, row] of rows.entries()) {
    if (row !== undefined) cells[row] = codes[ix] ?? NO_TASK;
  }
  return cells.join('');
}

const CODES: Readonly<Record<string, string>> = STATE_CODES;

function toStateCode(state: string): string {
  return CODES[state] ?? NO_TASK;
}

const MOST_TRIES = 35;

function toTryCode(tries: string): string {
  return Math.min(Number(tries), MOST_TRIES).toString(36);
}

function toColumns(
  runs: readonly GridRun[],
  versions: ReadonlyMap<number, DagVersion>,
): UiGrid['runs'] {
  const types: Readonly<Record<string, string>> = RUN_TYPE_CODES;
  return {
    id: runs.map((run) => run.run_id),
    state: runs.map((run) => toStateCode(run.state)).join(''),
    run_type: runs.map((run) => types[run.run_type] ?? ' ').join(''),
    run_after: runs.map((run) => run.run_after.getTime()),
    logical_date: runs.map((run) => run.logical_date?.getTime() ?? null),
    start: runs.map((run) => run.start_at?.getTime() ?? null),
    end: runs.map((run) => run.end_at?.getTime() ?? null),
    failed_tasks: runs.map((run) => run.failed_tasks),
    version: runs.map((run) => versions.get(run.version_key)?.number ?? 0),
  };
}
