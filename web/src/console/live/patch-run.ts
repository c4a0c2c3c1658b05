import type { DagRunResponse } from '../../contract/dag-runs.ts';
import type { UiRun } from '../../contract/ui-run.ts';
import { stateOfCode } from '../../contract/ui-states.ts';
import type { RunChange } from './patch-columns.ts';

/** The run page's data with the states of a change; times and tries come with the next fetch. */
export function patchRun(page: UiRun, change: RunChange): UiRun {
  const changed = new Map(change.tasks.map(([taskId, code, tries]) => [taskId, { code, tries }]));
  return {
    ...page,
    run: patchDagRun(page.run, change),
    tasks: page.tasks.map((task) => {
      const now = changed.get(task.task_id);
      if (now === undefined) return task;
      return { ...task, state: stateOfCode(now.code) ?? task.state, try_number: now.tries };
    }),
  };
}

/** A run as the API tells it, as it is now. */
export function patchDagRun(run: DagRunResponse, change: RunChange): DagRunResponse {
  const { state, start, end, failed_tasks: failed } = change;
  return {
    ...run,
    state,
    start_date: toIso(start),
    end_date: toIso(end),
    duration: start === null || end === null ? null : (end - start) / 1_000,
    tidegate_failed_tasks: failed,
  };
}

function toIso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
