import {
  type Database,
  type DagVersion,
  type DagVersions,
  listTaskInstances,
  type RunRow,
  type TaskInstanceOfRun,
} from '@tidegate/engine/server';

import { WebError } from '../errors.ts';
import { getRun } from './not-found.ts';

export interface FoundTask {
  readonly run: RunRow;
  readonly row: TaskInstanceOfRun;
  readonly version: DagVersion;
}

/** A task instance with its run and version, or Airflow's 404. */
export async function findTask(
  { database, versions }: { readonly database: Database; readonly versions: DagVersions },
  params: { readonly dag_id: string; readonly dag_run_id: string; readonly task_id: string },
): Promise<FoundTask> {
  const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = params;
  const run = await getRun(database, dagId, runId);
  const version = (await versions.load([run.version_key])).get(run.version_key);
  const ix = version?.serialized.tasks.findIndex((task) => task.id === taskId) ?? -1;
  const instances = ix === -1 ? [] : await listTaskInstances(database, run.run_key, ix);
  const row = instances[0];
  if (version !== undefined && row !== undefined) {
    return { run, version, row: { ...row, ...ofRun(run) } };
  }
  throw new WebError(
    'NOT_FOUND',
    `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\` and task_id: \`${taskId}\` was not found`,
  );
}

function ofRun(run: RunRow) {
  const { dag_id, run_id, version_key, logical_date, run_after } = run;
  return { dag_id, run_id, version_key, logical_date, run_after };
}
