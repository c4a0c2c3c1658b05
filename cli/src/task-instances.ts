import type { TaskInstanceCollection, TaskInstanceResponse } from '@tidegate/web/contract';

import type { ApiClient, Query } from './api-client.ts';

/** What the API gives at once at most. */
const PAGE = 1_000;

/** All task instances of a run (`/dags/…/dagRuns/…`), however many; `query` may name states. */
export async function listTaskInstances(
  api: ApiClient,
  runPath: string,
  query: Query = {},
): Promise<readonly TaskInstanceResponse[]> {
  const all: TaskInstanceResponse[] = [];
  for (;;) {
    const page = await api.get<TaskInstanceCollection>(`${runPath}/taskInstances`, {
      ...query,
      limit: PAGE,
      offset: all.length,
    });
    all.push(...page.task_instances);
    if (page.task_instances.length === 0 || all.length >= page.total_entries) return all;
  }
}
