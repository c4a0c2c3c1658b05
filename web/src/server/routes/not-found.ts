import {
  type Database,
  type DagRow,
  findDag,
  findRun,
  type RunRow,
  type Sql,
} from '@tidegate/engine/server';

import { WebError } from '../errors.ts';

/** The DAG, or the 404 of every route below one that does not exist, in Airflow's words. */
export async function getDag(database: Database, dagId: string): Promise<DagRow> {
  const dag = await findDag(database, dagId);
  if (dag !== undefined) return dag;
  throw dagNotFound(dagId);
}

export function dagNotFound(dagId: string): WebError {
  return new WebError('NOT_FOUND', `The DAG with dag_id: \`${dagId}\` was not found`);
}

/** The run, or Airflow's 404. */
export async function getRun(sql: Sql, dagId: string, runId: string): Promise<RunRow> {
  const run = await findRun(sql, dagId, runId);
  if (run !== undefined) return run;
  throw new WebError(
    'NOT_FOUND',
    `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` was not found`,
  );
}
