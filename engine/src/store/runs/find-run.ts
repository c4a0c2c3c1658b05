import type { Json } from '../../platform/json.ts';
import type { Sql } from '../db.ts';

/** A run that stands in the way of a new one. */
export interface ExistingRun {
  readonly runKey: number;
  readonly runId: string;
  readonly lane: 'live' | 'backfill';
  readonly conf: Json;
}

/** The run of this id, or else of this logical date. */
export async function findExistingRun(
  sql: Sql,
  dagId: string,
  asked: { readonly runId: string; readonly logicalDate: Date | null },
): Promise<ExistingRun | undefined> {
  const { rows } = await sql.query<{
    run_key: number;
    run_id: string;
    lane: 'live' | 'backfill';
    conf: Json;
  }>(
    `select run_key, run_id, lane, conf from tidegate.dag_run
      where dag_id = $1 and (run_id = $2 or logical_date = $3)
      order by run_id = $2 desc limit 1`,
    [dagId, asked.runId, asked.logicalDate],
  );
  return rows.map((row) => ({
    runKey: row.run_key,
    runId: row.run_id,
    lane: row.lane,
    conf: row.conf,
  }))[0];
}

/** The DAGs of runs. */
export async function listDagsOfRuns(sql: Sql, runKeys: readonly number[]): Promise<string[]> {
  const { rows } = await sql.query<{ dag_id: string }>(
    'select distinct dag_id from tidegate.dag_run where run_key = any($1::bigint[])',
    [runKeys],
  );
  return rows.map((row) => row.dag_id);
}
