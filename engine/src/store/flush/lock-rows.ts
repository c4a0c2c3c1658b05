import type { Touches } from '../../state/flush-touches.ts';
import {
  placeOf,
  type LimitRow,
  type RunRow,
  type TaskRef,
  type TaskRow,
} from '../../state/flush-rows.ts';
import type { RunState } from '../../state/run-state.ts';
import type { TaskState } from '../../state/task-state.ts';
import { plainArray, plainColumn } from './array-literal.ts';
import {
  BEGIN,
  together,
  type FlushConnection,
  type Rows,
  type Statement,
} from './flush-connection.ts';
import { perPartition } from './per-partition.ts';

/** What trip one brings back. */
export interface LockedRows {
  readonly runs: Map<number, RunRow>;
  readonly tasks: Map<number, TaskRow>;
  readonly limits: Map<string, LimitRow>;
  readonly tokens: number[];
  /** Names the transaction, to ask for its fate should the answer to COMMIT be lost. */
  readonly transactionId: string;
}

const LOCK_RUNS: Statement = {
  name: 'lock_runs',
  text: `
select run.run_key, run.state, run.clear_number, dag.is_paused, run.leaves_left, run.failed_leaves,
       run.failed_tasks, run.active_tasks
  from tidegate.dag_run as run
  join tidegate.dag using (dag_id)
 where run.run_key = any ($1::bigint[])
 order by run.run_key
   for no key update of run`,
};

/**
 * A task instance in two columns. The driver pays for every column of every row; packed into one record they
 * come at half the price. `chosen` is the only one that could need quoting.
 */
export const TASK_COLUMNS = `
       row(task.run_key, task.ix, task.state, task.try_number, task.max_tries, task.token, task.total,
           task.success, task.failed, task.upstream_failed, task.skipped, task.removed,
           task.setup_success, task.setup_skipped, task.session_key, task.clear_number,
           task.scheduled_ms, task.start_ms, task.end_ms, task.first_start_ms, task.due_ms)::text
         as packed,
       task.chosen`;

const lockTasks = perPartition(
  'lock_tasks',
  (suffix) => `
select ${TASK_COLUMNS}
  from unnest($1::bigint[], $2::int[]) as wanted (run_key, ix)
  join tidegate.task_instance${suffix} as task
    on task.run_key = wanted.run_key and task.ix = wanted.ix
 order by task.run_key, task.ix
   for no key update of task`,
);

/**
 * Limits, and the tokens: drawn behind the locks of the task instances, so that a later grant of one has the
 * higher token on whatever scheduler.
 */
const LOCK_LIMITS: Statement = {
  name: 'lock_limits',
  text: `
with held as materialized (
  select key, cap, used
    from tidegate.limit_usage
   where key = any ($1::text[])
   order by key
     for no key update
)
select pg_current_xact_id()::text,
       array(select nextval('tidegate.fence_token') from generate_series(1, $2::int)),
       array(select key from held), array(select cap from held), array(select used from held)`,
};

/** Trip one: begin, and lock every row the flush may touch, in the order every transaction keeps. */
export async function lockRows(
  connection: FlushConnection,
  touches: Touches,
  tokens: number,
): Promise<LockedRows> {
  const [, runs, tasks, limits] = await together([
    connection.send(BEGIN),
    connection.send(LOCK_RUNS, [plainArray(touches.runs)]),
    connection.send(lockTasks(touches.tasks), taskKeys(touches.tasks)),
    connection.send(LOCK_LIMITS, [touches.limits, tokens]),
  ] as const);
  const [transactionId, drawn, ...held] = limits[0] as [string, number[], ...LimitColumns];
  return {
    runs: new Map(runs.map((row) => [row[0] as number, toRunRow(row)])),
    tasks: toTaskRows(tasks),
    limits: toLimitRows(held),
    tokens: drawn,
    transactionId,
  };
}

/** One more level of a cascade; its runs are locked already, which is what keeps the order. */
export async function lockMoreTasks(
  connection: FlushConnection,
  refs: readonly TaskRef[],
): Promise<Map<number, TaskRow>> {
  return toTaskRows(await connection.send(lockTasks(refs), taskKeys(refs)));
}

function taskKeys(refs: readonly TaskRef[]): [string, string] {
  return [plainColumn(refs, (ref) => ref.runKey), plainColumn(refs, (ref) => ref.ix)];
}

function toTaskRows(rows: Rows): Map<number, TaskRow> {
  return new Map(
    rows.map((row) => {
      const task = toTaskRow(row);
      return [placeOf(task), task];
    }),
  );
}

/** Decodes `TASK_COLUMNS`. */
export function toTaskRow(row: readonly unknown[]): TaskRow {
  const fields = (row[0] as string).slice(1, -1).split(',');
  return {
    runKey: numberAt(fields, 0),
    ix: numberAt(fields, 1),
    state: fields[2] as TaskState,
    tryNumber: numberAt(fields, 3),
    maxTries: numberAt(fields, 4),
    token: numberAt(fields, 5),
    total: numberAt(fields, 6),
    success: numberAt(fields, 7),
    failed: numberAt(fields, 8),
    upstreamFailed: numberAt(fields, 9),
    skipped: numberAt(fields, 10),
    removed: numberAt(fields, 11),
    setupSuccess: numberAt(fields, 12),
    setupSkipped: numberAt(fields, 13),
    sessionKey: nullableAt(fields, 14),
    clearNumber: numberAt(fields, 15),
    scheduledMs: nullableAt(fields, 16),
    startMs: nullableAt(fields, 17),
    endMs: nullableAt(fields, 18),
    firstStartMs: nullableAt(fields, 19),
    dueMs: nullableAt(fields, 20),
    chosen: row[1] as string | null,
  };
}

function numberAt(fields: readonly string[], place: number): number {
  return Number(fields[place]);
}

/** A null is an empty field of a record. */
function nullableAt(fields: readonly string[], place: number): number | null {
  const field = fields[place];
  return field === undefined || field === '' ? null : Number(field);
}

function toRunRow(row: readonly unknown[]): RunRow {
  return {
    runKey: row[0] as number,
    state: row[1] as RunState,
    clearNumber: row[2] as number,
    isPaused: row[3] as boolean,
    leavesLeft: row[4] as number,
    failedLeaves: row[5] as number,
    failedTasks: row[6] as number,
    activeTasks: row[7] as number,
  };
}

type LimitColumns = [keys: string[], caps: number[], used: number[]];

function toLimitRows([keys, caps, used]: LimitColumns): Map<string, LimitRow> {
  return new Map(
    keys.map((key, place) => [key, { key, cap: caps[place] ?? 0, used: used[place] ?? 0 }]),
  );
}
