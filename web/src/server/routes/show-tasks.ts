import {
  type ChangedTasks,
  listTaskInstancesAt,
  selectTasks,
  type TaskSelection,
} from '@tidegate/engine/server';

import type { TaskInstanceCollection } from '../../contract/index.ts';
import type { RouteContext } from '../api.ts';
import { toTaskInstances } from '../read-models/task-instance.ts';

/** What a change would touch; task instances already `marked` so are left out. */
export async function preview(
  context: RouteContext,
  dagId: string,
  change: { readonly selection: TaskSelection; readonly marked?: string },
): Promise<TaskInstanceCollection> {
  const selected = await selectTasks(context.database, dagId, change.selection);
  return show(
    context,
    selected.map(({ runKey, runId, tasks }) => ({
      runKey,
      runId,
      places: tasks.filter((task) => task.state !== change.marked).map((task) => task.ix),
    })),
  );
}

/** Task instances as they are now. */
export async function show(
  { database, versions }: RouteContext,
  changed: readonly ChangedTasks[],
): Promise<TaskInstanceCollection> {
  const places = changed.flatMap((run) => run.places.map((ix) => ({ runKey: run.runKey, ix })));
  const rows = await listTaskInstancesAt(database, places);
  const instances = await toTaskInstances(versions, rows);
  return { task_instances: instances, total_entries: instances.length };
}
