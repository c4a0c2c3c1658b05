/** Runs as columns, the newest first; instants in milliseconds since the epoch. */
export interface RunColumnsRow {
  readonly id: readonly string[];
  /** One character a run. */
  readonly state: string;
  readonly run_type: string;
  readonly run_after: readonly number[];
  readonly logical_date: readonly (number | null)[];
  readonly start: readonly (number | null)[];
  readonly end: readonly (number | null)[];
  readonly failed_tasks: readonly number[];
  readonly version: readonly number[];
}

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`;

const list = (value: string): string =>
  `coalesce(json_agg(${value} order by run_key desc), '[]'::json)`;

// The first letters of states and of run types differ: they are the codes.
const letters = (column: string): string =>
  `coalesce(string_agg(left(${column}, 1), '' order by run_key desc), '')`;

/** Aggregates rows with the columns of `RECENT_RUN_COLUMNS` into one `RunColumnsRow`. */
export const RUN_COLUMNS_JSON = `json_build_object(
  'id', ${list('run_id')},
  'state', ${letters('state')},
  'run_type', ${letters('run_type')},
  'run_after', ${list(ms('run_after'))},
  'logical_date', ${list(ms('logical_date'))},
  'start', ${list(ms('start_at'))},
  'end', ${list(ms('end_at'))},
  'failed_tasks', ${list('failed_tasks')},
  'version', ${list('number')}
)`;

/** What `RUN_COLUMNS_JSON` is made of, from `dag_run as run` and `dag_version as version`. */
export const RECENT_RUN_COLUMNS = `
  run.run_key, run.run_id, run.state, run.run_type, run.run_after, run.logical_date, run.start_at,
  run.end_at, run.failed_tasks, version.number`;
