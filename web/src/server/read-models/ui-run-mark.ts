import {
  type DagVersion,
  nextOfMarkedRun,
  type RunRow,
  type TaskInstanceRow,
  type TaskState,
} from '@tidegate/engine/server';

import type { UiRunMark } from '../../contract/index.ts';

/** What marking a run would do, by the engine's own table. */
export function toRunMark(
  run: RunRow,
  rows: readonly TaskInstanceRow[],
  asked: { readonly version: DagVersion | undefined; readonly state: 'success' | 'failed' },
): UiRunMark {
  const tasks = rows.flatMap((row) => {
    const state = row.state as UiRunMark['tasks'][number]['state'];
    const next = nextOfMarkedRun(row.state as TaskState, asked.state);
    const taskId = asked.version?.serialized.tasks[row.ix]?.id;
    if (next === null || taskId === undefined) return [];
    return [{ task_id: taskId, try_number: row.try_number, state, next }];
  });
  return { state: run.state, tasks };
}
