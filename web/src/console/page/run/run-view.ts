import type { UiRun, UiTaskInstance, UiTry } from '../../../contract/ui-run.ts';

export type RunTab = 'failure' | 'logs' | 'tasks' | 'params';

export interface RunSearch {
  readonly tab?: RunTab | undefined;
  readonly task?: string | undefined;
  readonly try?: number | undefined;
}

/** What of a run shows, from its address, with the most telling choice where the address says nothing. */
export interface RunView {
  readonly tabs: readonly RunTab[];
  readonly tab: RunTab;
  readonly task: UiTaskInstance | undefined;
  readonly shownTry: UiTry | undefined;
}

export function toRunView(page: UiRun, search: RunSearch): RunView {
  const tabs: readonly RunTab[] =
    page.failure === null ? ['logs', 'tasks', 'params'] : ['failure', 'logs', 'tasks', 'params'];
  const asked = tabs.find((tab) => tab === search.tab);
  const task = findTask(page, search.task) ?? mostTelling(page);
  const shownTry = (task && findTry(task, search.try)) ?? task?.tries.at(-1);
  return { tabs, tab: asked ?? tabs[0] ?? 'logs', task, shownTry };
}

function findTask({ tasks }: UiRun, taskId: string | undefined): UiTaskInstance | undefined {
  return tasks.find(({ task_id: id }) => id === taskId);
}

/** The root of the failure, else what runs, else the last that ran. */
function mostTelling(page: UiRun): UiTaskInstance | undefined {
  const { tasks, failure } = page;
  return (
    findTask(page, failure?.task_id ?? undefined) ??
    tasks.find(({ state }) => state === 'running') ??
    tasks.findLast(({ tries }) => tries.length > 0) ??
    tasks[0]
  );
}

export function findTry(
  { tries }: UiTaskInstance,
  tryNumber: number | undefined,
): UiTry | undefined {
  return tries.find(({ try_number: number }) => number === tryNumber);
}
