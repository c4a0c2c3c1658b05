import { insertRuns, type NewRun } from '../insert-run.ts';
import type { Sql, Tx } from '../db.ts';
import type { Statement } from '../flush/flush-connection.ts';

/** Fails a run nothing of which has started: its tasks are skipped, its counters are what recount says. */
export async function failNewRun(
  tx: Tx,
  run: {
    readonly runKey: number;
    readonly reason: string;
    readonly note: string;
    readonly at: Date;
  },
): Promise<void> {
  await tx.query(
    `update tidegate.dag_run
        set state = 'failed', reason = $2, note = $3, start_at = $4, end_at = $4, leaves_left = 0
      where run_key = $1`,
    [run.runKey, run.reason, run.note, run.at],
  );
  await tx.query(
    `update tidegate.task_instance set state = 'skipped', skipped = total, end_ms = $2
      where run_key = $1`,
    [run.runKey, run.at.getTime()],
  );
  await tx.query('delete from tidegate.live_run where run_key = $1', [run.runKey]);
}

/** Inserts one run; null when its run id or logical date exists already. */
export async function insertRun(tx: Tx, run: NewRun): Promise<number | null> {
  const [runKey] = await insertRuns(tx, [run]);
  return runKey ?? null;
}

/** Runs are due in this year when what they wait for has no date. */
export const PARKED_UNTIL = new Date('9999-01-01T00:00:00Z');

/** Lets a parked run start. False when it was started, cleared or deleted meanwhile. */
export async function unparkRun(tx: Tx, runKey: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    `with parked as (
       update tidegate.dag_run set waiting_for = null
        where run_key = $1 and state = 'queued' and waiting_for is not null
       returning run_key, run_after
     )
     update tidegate.live_run as live set run_after = parked.run_after
       from parked where live.run_key = parked.run_key`,
    [runKey],
  );
  return rowCount === 1;
}

/** Runs that wait for their topic to exist, oldest first. */
export async function listParkedRuns(sql: Sql): Promise<{ runKey: number; dagId: string }[]> {
  const { rows } = await sql.query<{ run_key: number; dag_id: string }>(
    'select run_key, dag_id from tidegate.live_run where run_after >= $1 order by run_key',
    [PARKED_UNTIL],
  );
  return rows.map((row) => ({ runKey: row.run_key, dagId: row.dag_id }));
}

/** The DAG's newest live run. */
export interface NewestLiveRun {
  readonly runId: string;
  readonly runType: NewRun['runType'];
  readonly state: string;
  readonly reason: string | null;
  readonly intervalStart: Date | null;
  readonly intervalEnd: Date | null;
}

export const FIND_NEWEST: Statement = {
  name: 'find_newest_live_run',
  text: `
select run_id, run_type, state, reason, data_interval_start, data_interval_end
  from tidegate.dag_run
 where dag_id = $1 and lane = 'live'
 order by run_key desc
 limit 1`,
};

export function toNewestRun(row: readonly unknown[]): NewestLiveRun {
  const [runId, runType, state, reason, intervalStart, intervalEnd] = row as [
    string,
    NewRun['runType'],
    string,
    string | null,
    Date | null,
    Date | null,
  ];
  return { runId, runType, state, reason, intervalStart, intervalEnd };
}

/** The interval of the newest run its timetable made; null before the first. */
export async function findLastInterval(
  sql: Sql,
  dagId: string,
): Promise<{ readonly start: number; readonly end: number } | null> {
  const { rows } = await sql.query<{ data_interval_start: Date; data_interval_end: Date }>(
    `select data_interval_start, data_interval_end
       from tidegate.dag_run
      where dag_id = $1 and logical_date is not null and run_type in ('scheduled', 'backfill')
        and triggered_by = 'timetable' and data_interval_end is not null
      order by logical_date desc limit 1`,
    [dagId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return { start: row.data_interval_start.getTime(), end: row.data_interval_end.getTime() };
}
