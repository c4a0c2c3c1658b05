import type { UiRun } from '../../contract/ui-run.ts';
import { stateOfCode } from '../../contract/ui-states.ts';
import type { RunChange } from './patch-columns.ts';

/** The run page's data with the states of a change; times and tries come with the next fetch. */
export function patchRun(page: UiRun, change: RunChange): UiRun {
  const changed = new Map(change.tasks.map(([taskId, code, tries]) => [taskId, { code, tries }]));
  return {
    ...page,
    run: {
      ...page.run,
      state: change.state,
      start_date: toIso(change.start),
      end_date: toIso(change.end),
      tidegate_failed_tasks: change.failed_tasks,
    },
    tasks: page.tasks.map((task) => {
      const now = changed.get(task.task_id);
      if (now === undefined) return task;
      return { ...task, state: stateOfCode(now.code) ?? task.state, try_number: now.tries };
    }),
  };
}

function toIso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
