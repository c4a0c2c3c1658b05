import type { Sql } from '../db.ts';
import { dagPage, type DagFilter, type ListedDag } from './list-dags.ts';
import { RECENT_RUN_COLUMNS, RUN_COLUMNS_JSON, type RunColumnsRow } from './run-columns.ts';

/** A DAG with its newest runs. */
export interface DagCard extends ListedDag {
  /** Queued or running. */
  readonly active_runs: number;
  readonly runs: RunColumnsRow;
}

/** A page of DAGs, each with its newest `runs` runs, in one statement. */
export async function listDagCards(
  sql: Sql,
  filter: DagFilter & { readonly runs: number },
): Promise<{ dags: DagCard[]; total: number }> {
  const { text, where } = dagPage(filter);
  const { rows } = await sql.query<DagCard & { total: number }>(
    `with page as (${text})
     select page.*, active.runs as active_runs, recent.runs
       from page
      cross join lateral (
        select ${RUN_COLUMNS_JSON} as runs
          from (
            select ${RECENT_RUN_COLUMNS}
              from tidegate.dag_run as run
              join tidegate.dag_version as version using (version_key)
             where run.dag_id = page.dag_id
             order by run.run_key desc
             limit ${where.value(filter.runs)}
          ) as newest
      ) as recent
      cross join lateral (
        select count(*) as runs from tidegate.live_run where live_run.dag_id = page.dag_id
      ) as active
      order by page.place`,
    where.values,
  );
  return { dags: rows, total: rows[0]?.total ?? 0 };
}

/** A manual run's input. */
export interface RecentInput {
  readonly run_id: string;
  readonly conf: Record<string, unknown>;
  readonly triggered_by: string;
  readonly queued_at: Date;
}

/** Different inputs of the last manual runs, the newest first; looks at 100 runs. */
export async function listRecentInputs(sql: Sql, dagId: string): Promise<RecentInput[]> {
  const { rows } = await sql.query<RecentInput>(
    `with recent as (
       select run_key, run_id, conf, triggered_by, queued_at, run_type
         from tidegate.dag_run
        where dag_id = $1
        order by run_key desc
        limit 100
     ),
     different as (
       select distinct on (conf::text) *
         from recent
        where run_type = 'manual'
        order by conf::text, run_key desc
     )
     select run_id, conf, triggered_by, queued_at
       from different
      order by run_key desc
      limit 10`,
    [dagId],
  );
  return rows;
}
