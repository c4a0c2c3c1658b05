import type { Json } from '../../platform/json.ts';
import type { Sql } from '../db.ts';
import {
  Conditions,
  type InstantRange,
  type Order,
  readCountedPage,
  toOrderSql,
} from './conditions.ts';

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
  readonly version_key: number;
  readonly version_number: number;
  readonly version_created_at: Date;
  readonly ranges: readonly RangeRow[];
}

export interface RangeRow {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

const RUN_ORDERS = {
  id: 'run.run_key',
  dag_id: 'run.dag_id',
  run_id: 'run.run_id',
  state: 'run.state',
  run_type: 'run.run_type',
  logical_date: 'run.logical_date',
  run_after: 'run.run_after',
  queued_at: 'run.queued_at',
  start_date: 'run.start_at',
  end_date: 'run.end_at',
  duration: 'run.end_at - run.start_at',
} as const;
export type RunOrder = keyof typeof RUN_ORDERS;

export interface RunFilter {
  /** Undefined: runs of all DAGs. */
  readonly dagIds?: readonly string[] | undefined;
  readonly states?: readonly string[] | undefined;
  readonly runTypes?: readonly string[] | undefined;
  readonly dagIdPattern?: string | undefined;
  readonly runIdPattern?: string | undefined;
  readonly userPattern?: string | undefined;
  readonly runAfter?: InstantRange | undefined;
  readonly logicalDate?: InstantRange | undefined;
  readonly startDate?: InstantRange | undefined;
  readonly endDate?: InstantRange | undefined;
  /** (Default: the newest first) */
  readonly order?: readonly Order<RunOrder>[] | undefined;
  readonly limit: number;
  readonly offset: number;
}

// The page is cut before ranges and versions are looked up: their cost never grows with history.
const SELECT_PAGE = (page: string) => `
  with page as (${page}),
  placed as (select page.*, row_number() over () as place from page)
  select placed.*, version.number as version_number, version.created_at as version_created_at,
         coalesce(run_ranges.ranges, '[]') as ranges
    from placed
    join tidegate.dag_version as version using (version_key)
    left join lateral (
      select json_agg(
               json_build_object('topic', topic, 'partition', partition, 'from', from_offset, 'to', to_offset)
               order by topic, partition
             ) as ranges
        from tidegate.run_range
       where run_range.run_key = placed.run_key
    ) as run_ranges on true
   order by placed.place`;

const RUN_COLUMNS = `
  run.run_key, run.dag_id, run.run_id, run.state, run.run_type, run.lane, run.logical_date,
  run.data_interval_start, run.data_interval_end, run.run_after, run.queued_at, run.start_at,
  run.end_at, run.conf, run.note, run.triggered_by, run.triggering_user, run.failed_tasks,
  run.clear_number, run.waiting_for, run.reason, run.version_key`;

/** Runs, with how many there are in all (counted up to `MOST_COUNTED`). */
export async function listRuns(
  sql: Sql,
  filter: RunFilter,
): Promise<{ runs: RunRow[]; total: number }> {
  const { rows, total } = await readCountedPage<RunRow>(sql, filter, {
    columns: RUN_COLUMNS,
    from: 'tidegate.dag_run as run',
    where: runConditions(filter),
    order: toOrderSql(filter.order, RUN_ORDERS, 'run.run_key desc'),
    complete: SELECT_PAGE,
  });
  return { runs: rows, total };
}

/** The conditions of a filter on `tidegate.dag_run as run`. */
export function runConditions(filter: Omit<RunFilter, 'limit' | 'offset'>): Conditions {
  const { dagIds, states } = filter;
  const isOne = dagIds?.length === 1;
  const isLive = states?.every((state) => state === 'queued' || state === 'running') === true;
  return (
    new Conditions()
      // One DAG by equality, so that its newest runs come straight off their index.
      .add(isOne ? dagIds[0] : undefined, (value) => `run.dag_id = ${value}`)
      .add(isOne ? undefined : dagIds, (value) => `run.dag_id = any(${value})`)
      .add(states, (value) => `run.state = any(${value})`)
      // What is not over is a few rows; without this a whole history would be read to find them.
      .addSql(isLive, 'run.run_key = any(array(select run_key from tidegate.live_run))')
      .add(filter.runTypes, (value) => `run.run_type = any(${value})`)
      .addPattern('run.dag_id', filter.dagIdPattern)
      .addPattern('run.run_id', filter.runIdPattern)
      .addPattern('run.triggering_user', filter.userPattern)
      .addRange('run.run_after', filter.runAfter)
      .addRange('run.logical_date', filter.logicalDate)
      .addRange('run.start_at', filter.startDate)
      .addRange('run.end_at', filter.endDate)
  );
}

export async function findRun(sql: Sql, dagId: string, runId: string): Promise<RunRow | undefined> {
  const page = `
    select ${RUN_COLUMNS}
      from tidegate.dag_run as run
     where run.dag_id = $1 and run.run_id = $2`;
  const { rows } = await sql.query<RunRow>(SELECT_PAGE(page), [dagId, runId]);
  return rows[0];
}

/** The runs before and after one of the same DAG, by creation. */
export async function findNeighbours(
  sql: Sql,
  run: Pick<RunRow, 'dag_id' | 'run_key'>,
): Promise<{ readonly previous: string | null; readonly next: string | null }> {
  const { rows } = await sql.query<{ previous: string | null; next: string | null }>(
    `select (
              select run_id
                from tidegate.dag_run
               where dag_id = $1 and run_key < $2
               order by run_key desc
               limit 1
            ) as previous,
            (
              select run_id
                from tidegate.dag_run
               where dag_id = $1 and run_key > $2
               order by run_key
               limit 1
            ) as next`,
    [run.dag_id, run.run_key],
  );
  return rows[0] ?? { previous: null, next: null };
}

/** Keeps a note on a run; false when there is no such run. */
export async function setRunNote(
  sql: Sql,
  run: { readonly dagId: string; readonly runId: string },
  note: string | null,
): Promise<boolean> {
  const { rowCount } = await sql.query(
    'update tidegate.dag_run set note = $3 where dag_id = $1 and run_id = $2',
    [run.dagId, run.runId, note],
  );
  return rowCount === 1;
}
