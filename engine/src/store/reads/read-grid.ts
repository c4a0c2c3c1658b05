import type { Sql } from '../db.ts';
import type { InstantRange } from './conditions.ts';
import { runConditions } from './list-runs.ts';

/** One run of a grid; states and tries of its task instances by place, comma-separated. */
export interface GridRun {
  readonly run_key: number;
  readonly run_id: string;
  readonly state: string;
  readonly run_type: string;
  readonly run_after: Date;
  readonly logical_date: Date | null;
  readonly start_at: Date | null;
  readonly end_at: Date | null;
  readonly failed_tasks: number;
  readonly version_key: number;
  readonly states: string | null;
  readonly tries: string | null;
}

export interface GridWindow {
  readonly dagId: string;
  readonly limit: number;
  /** Runs with a lower key only. */
  readonly before?: number | undefined;
  readonly states?: readonly string[] | undefined;
  readonly runTypes?: readonly string[] | undefined;
  readonly runAfter?: InstantRange | undefined;
}

/** A window of a DAG's runs, the newest first, with every task instance, in one statement. */
export async function readGrid(sql: Sql, window: GridWindow): Promise<GridRun[]> {
  const where = runConditions({
    dagIds: [window.dagId],
    states: window.states,
    runTypes: window.runTypes,
    runAfter: window.runAfter,
  }).add(window.before, (value) => `run.run_key < ${value}`);
  const { rows } = await sql.query<GridRun>(
    `with page as (
       select run.run_key, run.run_id, run.state, run.run_type, run.run_after, run.logical_date,
              run.start_at, run.end_at, run.failed_tasks, run.version_key
         from tidegate.dag_run as run
        where ${where.toSql()}
        order by run.run_key desc
        limit ${where.value(window.limit)}
     )
     select page.*, task.states, task.tries
       from page
      cross join lateral (
        select string_agg(state, ',' order by ix) as states,
               string_agg(try_number::text, ',' order by ix) as tries
          from tidegate.task_instance
         where task_instance.run_key = page.run_key
      ) as task
      order by page.run_key desc`,
    where.values,
  );
  return rows;
}
