import type { Sql, Tx } from '../db.ts';
import type { Statement } from '../flush/flush-connection.ts';

/** The next run a DAG's timetable asks for. */
export interface NextRun {
  readonly logicalDate: Date | null;
  readonly intervalStart: Date;
  readonly intervalEnd: Date;
  readonly runAfter: Date;
}

/** A DAG as the making of runs sees it. */
export interface SchedulableDag {
  readonly dagId: string;
  readonly versionKey: number;
  /** Null when the timetable asks for nothing, or was not asked yet. */
  readonly next: NextRun | null;
  /** When its stream or timetable last made a run, or found nothing to do. */
  readonly checkedAt: Date | null;
  readonly registeredAt: Date;
}

export interface LockedDag extends SchedulableDag {
  readonly isPaused: boolean;
  readonly isStale: boolean;
  readonly maxActiveRuns: number;
}

interface DagRow {
  readonly dag_id: string;
  readonly version_key: number;
  readonly next_logical_date: Date | null;
  readonly next_interval_start: Date | null;
  readonly next_interval_end: Date | null;
  readonly next_run_after: Date | null;
  readonly checked_at: Date | null;
  readonly registered_at: Date;
}

const COLUMNS = `dag_id, version_key, next_logical_date, next_interval_start, next_interval_end,
  next_run_after, checked_at, registered_at`;

/** DAGs whose runs records make: neither paused nor gone from their file. */
export async function listRecordDrivenDags(sql: Sql): Promise<SchedulableDag[]> {
  const { rows } = await sql.query<DagRow>(
    `select ${COLUMNS} from tidegate.dag
      where not is_paused and not is_stale and schedule ->> 'kind' = 'on_records'
      order by dag_id`,
  );
  return rows.map(toDag);
}

export async function findDag(sql: Sql, dagId: string): Promise<SchedulableDag | undefined> {
  const { rows } = await sql.query<DagRow>(
    `select ${COLUMNS} from tidegate.dag where dag_id = $1 and not is_stale`,
    [dagId],
  );
  return rows.map(toDag)[0];
}

/** DAGs with a timetable that was not asked yet: new, changed, or ended. */
export async function listUnplannedDags(sql: Sql): Promise<SchedulableDag[]> {
  const { rows } = await sql.query<DagRow>(
    `select ${COLUMNS} from tidegate.dag
      where next_run_after is null and not is_paused and not is_stale
        and schedule ->> 'kind' in ('cron', 'every', 'once', 'dates')
      order by dag_id`,
  );
  return rows.map(toDag);
}

/** DAGs whose next run is due and that may have one more, the longest overdue first. */
export async function listDueDags(
  sql: Sql,
  due: { readonly at: Date; readonly limit: number; readonly dagId: string | null },
): Promise<SchedulableDag[]> {
  const { rows } = await sql.query<DagRow>(
    `select ${COLUMNS} from tidegate.dag
      where next_run_after <= $1 and not is_paused and not is_stale
        and (select count(*) from tidegate.live_run as live where live.scope = dag.dag_id)
            < max_active_runs
        and ($3::text is null or dag_id = $3)
      order by next_run_after limit $2`,
    [due.at, due.limit, due.dagId],
  );
  return rows.map(toDag);
}

/** When the next run of any DAG is due after `at`; null when none is planned. */
export async function findNextDue(sql: Sql, at: Date): Promise<Date | null> {
  const { rows } = await sql.query<{ next: Date | null }>(
    `select min(next_run_after) as next from tidegate.dag
      where next_run_after > $1 and not is_paused and not is_stale`,
    [at],
  );
  return rows[0]?.next ?? null;
}

/**
 * Locks a DAG's row: whoever holds it is the only one to make runs of this DAG. With `skipLocked`, undefined
 * also when another scheduler is at it. Lock order of the making of runs: dag, then stream_cursor.
 */
export async function lockDag(
  tx: Tx,
  dagId: string,
  options: { readonly skipLocked: boolean },
): Promise<LockedDag | undefined> {
  const { text } = options.skipLocked ? LOCK_DAG_UNLESS_HELD : LOCK_DAG;
  const { rows } = await tx.query<Readonly<Record<string, unknown>>>(text, [dagId]);
  return rows.map((row) => toLockedDag(Object.values(row)))[0];
}

const SELECT_DAG = `
select ${COLUMNS}, is_paused, is_stale, max_active_runs
  from tidegate.dag
 where dag_id = $1
   for no key update`;

export const LOCK_DAG: Statement = { name: 'lock_dag', text: SELECT_DAG };
export const LOCK_DAG_UNLESS_HELD: Statement = {
  name: 'lock_dag_unless_held',
  text: `${SELECT_DAG} skip locked`,
};

/** In the order of the columns of `SELECT_DAG`. */
export function toLockedDag(row: readonly unknown[]): LockedDag {
  const [dagId, versionKey, logicalDate, start, end, runAfter] = row as [
    ...[dagId: string, versionKey: number, logicalDate: Date | null],
    ...[start: Date | null, end: Date | null, runAfter: Date | null],
  ];
  const [checkedAt, registeredAt, isPaused, isStale, maxActiveRuns] = row.slice(6) as [
    ...[checkedAt: Date | null, registeredAt: Date],
    ...[isPaused: boolean, isStale: boolean, maxActiveRuns: number],
  ];
  const next = toNext({ logicalDate, start, end, runAfter });
  return { dagId, versionKey, next, checkedAt, registeredAt, isPaused, isStale, maxActiveRuns };
}

function toNext(planned: {
  readonly logicalDate: Date | null;
  readonly start: Date | null;
  readonly end: Date | null;
  readonly runAfter: Date | null;
}): NextRun | null {
  const { logicalDate, start, end, runAfter } = planned;
  if (start === null || end === null || runAfter === null) return null;
  return { logicalDate, intervalStart: start, intervalEnd: end, runAfter };
}

function toDag(row: DagRow): SchedulableDag {
  return {
    dagId: row.dag_id,
    versionKey: row.version_key,
    next: toNext({
      logicalDate: row.next_logical_date,
      start: row.next_interval_start,
      end: row.next_interval_end,
      runAfter: row.next_run_after,
    }),
    checkedAt: row.checked_at,
    registeredAt: row.registered_at,
  };
}

export interface NextRunSaving {
  readonly next: NextRun | null;
  readonly checkedAt: Date;
  readonly came: 'quiet' | 'nothing';
}

/** Writes what the timetable asks for next; null: nothing more. The caller holds the row. */
export async function saveNextRun(tx: Tx, dagId: string, saving: NextRunSaving): Promise<void> {
  await tx.query(SAVE_NEXT, saveNextValues(dagId, saving));
}

export const SAVE_NEXT = `
update tidegate.dag
   set next_logical_date = $2, next_interval_start = $3, next_interval_end = $4,
       next_run_after = $5, checked_at = $6,
       quiet_ticks = quiet_ticks + case when $7 = 'quiet' then 1 else 0 end
 where dag_id = $1`;

export function saveNextValues(dagId: string, { next, checkedAt, came }: NextRunSaving): unknown[] {
  return [
    dagId,
    next?.logicalDate ?? null,
    next?.intervalStart ?? null,
    next?.intervalEnd ?? null,
    next?.runAfter ?? null,
    checkedAt,
    came,
  ];
}

/** One interval that had no records. */
export interface QuietTick {
  readonly dagId: string;
  /** The tick this is about; another scheduler may have dealt with it meanwhile. */
  readonly runAfter: Date;
  readonly next: NextRun | null;
}

/** Passes over quiet intervals of any number of DAGs in one statement; counts each once. */
export async function passQuietTicks(
  sql: Sql,
  at: Date,
  ticks: readonly QuietTick[],
): Promise<void> {
  if (ticks.length === 0) return;
  const column = <T>(pick: (tick: QuietTick) => T): T[] => ticks.map(pick);
  await sql.query(PASS_QUIET, [
    at,
    column((tick) => tick.dagId),
    column((tick) => tick.runAfter),
    column((tick) => tick.next?.logicalDate ?? null),
    column((tick) => tick.next?.intervalStart ?? null),
    column((tick) => tick.next?.intervalEnd ?? null),
    column((tick) => tick.next?.runAfter ?? null),
  ]);
}

// Skips rows another scheduler holds: that one decides about this tick.
const PASS_QUIET = `
with quiet as (
  select dag.dag_id, tick.logical_date, tick.interval_start, tick.interval_end, tick.next_run_after
    from unnest(
      $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
      $7::timestamptz[]
    ) as tick (dag_id, run_after, logical_date, interval_start, interval_end, next_run_after)
    join tidegate.dag on dag.dag_id = tick.dag_id and dag.next_run_after = tick.run_after
   order by dag.dag_id
     for no key update of dag skip locked
)
update tidegate.dag
   set next_logical_date = quiet.logical_date,
       next_interval_start = quiet.interval_start,
       next_interval_end = quiet.interval_end,
       next_run_after = quiet.next_run_after,
       checked_at = $1,
       quiet_ticks = dag.quiet_ticks + 1
  from quiet
 where dag.dag_id = quiet.dag_id`;
