import type { SerializedDag, SerializedSchedule } from '../../dag/serialized-dag.ts';
import type { Sql } from '../db.ts';

/** A DAG as lists and pages show it. */
export interface DagRow {
  readonly dag_id: string;
  readonly file: string;
  readonly is_paused: boolean;
  readonly is_stale: boolean;
  readonly has_import_error: boolean;
  readonly owner: string | null;
  readonly tags: readonly string[];
  readonly description: string | null;
  readonly schedule: SerializedSchedule;
  readonly max_active_runs: number;
  readonly next_logical_date: Date | null;
  readonly next_interval_start: Date | null;
  readonly next_interval_end: Date | null;
  readonly next_run_after: Date | null;
  readonly checked_at: Date | null;
  readonly quiet_ticks: number;
  readonly registered_at: Date;
  readonly serialized: SerializedDag;
}

export interface DagFilter {
  readonly dagId?: string;
  /** Part of the id, any case. */
  readonly pattern?: string;
  readonly paused?: boolean;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = `
  dag.dag_id, dag.file, dag.is_paused, dag.is_stale, dag.owner, dag.tags, dag.description, dag.schedule,
  dag.max_active_runs, dag.next_logical_date, dag.next_interval_start, dag.next_interval_end,
  dag.next_run_after, dag.checked_at, dag.quiet_ticks, dag.registered_at,
  import_error.file is not null as has_import_error, version.serialized`;

/** DAGs by id, stale ones left out, with how many there are in all. */
export async function listDags(
  sql: Sql,
  filter: DagFilter,
): Promise<{ dags: DagRow[]; total: number }> {
  const { rows } = await sql.query<DagRow & { total: number }>(
    `select ${COLUMNS}, count(*) over () as total
       from tidegate.dag
       join tidegate.dag_version as version using (version_key)
       left join tidegate.import_error on import_error.file = dag.file
      where not dag.is_stale
        and ($1::text is null or dag.dag_id = $1)
        and ($2::text is null or strpos(lower(dag.dag_id), lower($2)) > 0)
        and ($3::boolean is null or dag.is_paused = $3)
      order by dag.dag_id
      limit $4 offset $5`,
    [
      filter.dagId ?? null,
      filter.pattern ?? null,
      filter.paused ?? null,
      filter.limit,
      filter.offset,
    ],
  );
  return { dags: rows, total: rows[0]?.total ?? 0 };
}

/** One DAG, stale or not. */
export async function findDag(sql: Sql, dagId: string): Promise<DagRow | undefined> {
  const { rows } = await sql.query<DagRow>(
    `select ${COLUMNS}
       from tidegate.dag
       join tidegate.dag_version as version using (version_key)
       left join tidegate.import_error on import_error.file = dag.file
      where dag.dag_id = $1`,
    [dagId],
  );
  return rows[0];
}

/** Pauses or unpauses; false when there is no such DAG. Running tasks finish, nothing new starts. */
export async function setDagPaused(sql: Sql, dagId: string, isPaused: boolean): Promise<boolean> {
  const { rowCount } = await sql.query('update tidegate.dag set is_paused = $2 where dag_id = $1', [
    dagId,
    isPaused,
  ]);
  return rowCount === 1;
}
