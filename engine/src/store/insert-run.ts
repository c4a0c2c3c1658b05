import type pg from 'pg';

import type { Json } from '../platform/json.ts';
import type { Tx } from './db.ts';

/** A run as its creator wants it. Runs start `queued`; the scheduler starts them within their scope's limit. */
export interface NewRun {
  readonly dagId: string;
  readonly runId: string;
  readonly versionKey: number;
  readonly runType: 'scheduled' | 'manual' | 'backfill' | 'asset_triggered';
  readonly lane: 'live' | 'backfill';
  /** Whose limit of active runs counts it: the DAG id, `backfill:<id>` or `replay:<dag id>`. */
  readonly scope: string;
  readonly logicalDate: Date | null;
  readonly dataIntervalStart: Date | null;
  readonly dataIntervalEnd: Date | null;
  readonly runAfter: Date;
  readonly conf: Json;
  /** Airflow's triggered_by: timetable, rest_api, cli, ui, backfill, asset, … */
  readonly triggeredBy: string;
  readonly triggeringUser: string | null;
  readonly backfillId: number | null;
  readonly queuedAt: Date;
  readonly note?: string | null;
}

/**
 * Inserts runs with their task instances in one statement, from what the version's graph came down to at
 * registration. A run whose run id or logical date exists already is left out: the answer holds the run key
 * or null a run, in order. Several schedulers may try the same run at once; one gets it.
 */
export async function insertRuns(tx: Tx, runs: readonly NewRun[]): Promise<(number | null)[]> {
  if (runs.length === 0) return [];
  const result = await tx.query<{ place: number; run_key: number | null }>(INSERT, columns(runs));
  return result.rows.map((row: pg.QueryResultRow) => row['run_key'] as number | null);
}

const INSERT = `
with given as (
  select *, nextval('tidegate.dag_run_run_key_seq') as run_key
    from unnest(
      $1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
      $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[], $13::text[],
      $14::bigint[], $15::timestamptz[], $16::text[]
    ) with ordinality as given (
      dag_id, run_id, version_key, run_type, lane, scope, logical_date,
      data_interval_start, data_interval_end, run_after, conf, triggered_by, triggering_user,
      backfill_id, queued_at, note, place
    )
),
run as (
  insert into tidegate.dag_run (
    run_key, dag_id, run_id, version_key, run_type, lane, logical_date, data_interval_start,
    data_interval_end, run_after, conf, triggered_by, triggering_user, backfill_id, queued_at, note,
    leaves_left
  )
  select given.run_key, given.dag_id, given.run_id, given.version_key, given.run_type, given.lane,
         given.logical_date, given.data_interval_start, given.data_interval_end, given.run_after,
         given.conf::json, given.triggered_by, given.triggering_user, given.backfill_id,
         given.queued_at, given.note, version.leaves
    from given
    join tidegate.dag_version as version using (version_key)
   order by given.place
      on conflict do nothing
  returning run_key, dag_id, version_key, run_after
),
live as (
  insert into tidegate.live_run (run_key, dag_id, scope, run_after)
  select run.run_key, run.dag_id, given.scope, run.run_after
    from run
    join given using (run_key)
),
task as (
  insert into tidegate.task_instance (run_key, ix, max_tries, total)
  select run.run_key, task.place - 1, task.retries, task.total
    from run
    join tidegate.dag_version as version using (version_key)
   cross join unnest(version.task_retries, version.task_totals)
         with ordinality as task (retries, total, place)
)
select given.place, run.run_key
  from given
  left join run using (run_key)
 order by given.place`;

function columns(runs: readonly NewRun[]): unknown[] {
  const column = <T>(pick: (run: NewRun) => T): T[] => runs.map(pick);
  return [
    column((run) => run.dagId),
    column((run) => run.runId),
    column((run) => run.versionKey),
    column((run) => run.runType),
    column((run) => run.lane),
    column((run) => run.scope),
    column((run) => run.logicalDate),
    column((run) => run.dataIntervalStart),
    column((run) => run.dataIntervalEnd),
    column((run) => run.runAfter),
    column((run) => JSON.stringify(run.conf)),
    column((run) => run.triggeredBy),
    column((run) => run.triggeringUser),
    column((run) => run.backfillId),
    column((run) => run.queuedAt),
    column((run) => run.note ?? null),
  ];
}
