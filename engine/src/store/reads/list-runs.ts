import type { Json } from '../../platform/json.ts';
import type { Sql } from '../db.ts';

/** A run with the ranges it owns. */
export interface RunRow {
  readonly run_key: number;
  readonly dag_id: string;
  readonly run_id: string;
  readonly state: 'queued' | 'running' | 'success' | 'failed';
  readonly run_type: 'scheduled' | 'manual' | 'backfill' | 'asset_triggered';
  readonly lane: 'live' | 'backfill';
  readonly logical_date: Date | null;
  readonly data_interval_start: Date | null;
  readonly data_interval_end: Date | null;
  readonly run_after: Date;
  readonly queued_at: Date;
  readonly start_at: Date | null;
  readonly end_at: Date | null;
  readonly conf: Json;
  readonly note: string | null;
  readonly triggered_by: string;
  readonly triggering_user: string | null;
  readonly failed_tasks: number;
  readonly clear_number: number;
  readonly waiting_for: string | null;
  readonly reason: string | null;
  readonly version_number: number;
  readonly ranges: readonly RangeRow[];
}

export interface RangeRow {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface RunFilter {
  /** Undefined: runs of all DAGs. */
  readonly dagId?: string;
  readonly state?: string;
  readonly limit: number;
  readonly offset: number;
}

// The page is cut before ranges and versions are looked up: their cost never grows with history.
const SELECT_PAGE = (page: string) => `
  with page as (${page})
  select page.*, version.number as version_number,
         coalesce(run_ranges.ranges, '[]') as ranges
    from page
    join tidegate.dag_version as version using (version_key)
    left join lateral (
      select json_agg(
               json_build_object('topic', topic, 'partition', partition, 'from', from_offset, 'to', to_offset)
               order by topic, partition
             ) as ranges
        from tidegate.run_range
       where run_range.run_key = page.run_key
    ) as run_ranges on true
   order by page.run_key desc`;

/** The newest runs first, with how many there are in all (counted up to 10,000). */
export async function listRuns(
  sql: Sql,
  filter: RunFilter,
): Promise<{ runs: RunRow[]; total: number }> {
  const where = `($1::text is null or dag_id = $1) and ($2::text is null or state = $2)`;
  const keys = [filter.dagId ?? null, filter.state ?? null];
  const page = `select * from tidegate.dag_run where ${where} order by run_key desc limit $3 offset $4`;
  const [runs, counted] = await Promise.all([
    sql.query<RunRow>(SELECT_PAGE(page), [...keys, filter.limit, filter.offset]),
    sql.query<{ total: number }>(
      `select count(*) as total from (select 1 from tidegate.dag_run where ${where} limit 10000) as counted`,
      keys,
    ),
  ]);
  return { runs: runs.rows, total: counted.rows[0]?.total ?? 0 };
}

export async function findRun(sql: Sql, dagId: string, runId: string): Promise<RunRow | undefined> {
  const { rows } = await sql.query<RunRow>(
    SELECT_PAGE('select * from tidegate.dag_run where dag_id = $1 and run_id = $2'),
    [dagId, runId],
  );
  return rows[0];
}
