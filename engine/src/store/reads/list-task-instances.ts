import { isFinishedTaskState, type TaskState } from '../../state/task-state.ts';
import type { Sql } from '../db.ts';
import { Conditions, type Order, readCountedPage, toOrderSql } from './conditions.ts';
import { runConditions, type RunFilter } from './list-runs.ts';

/** A task instance; what its task is says the run's DAG version at place `ix`. */
export interface TaskInstanceRow {
  readonly run_key: number;
  readonly ix: number;
  readonly state: string;
  readonly try_number: number;
  readonly max_tries: number;
  readonly clear_number: number;
  /** Milliseconds since the epoch, as the three below. */
  readonly scheduled_ms: number | null;
  readonly start_ms: number | null;
  readonly end_ms: number | null;
  /** The next retry, the sensor's next look. */
  readonly due_ms: number | null;
  readonly worker: string | null;
}

/** With the run it belongs to, as lists across runs need it. */
export interface TaskInstanceOfRun extends TaskInstanceRow {
  readonly dag_id: string;
  readonly run_id: string;
  readonly version_key: number;
  readonly logical_date: Date | null;
  readonly run_after: Date;
}

const COLUMNS = `
  instance.run_key, instance.ix, instance.state, instance.try_number, instance.max_tries,
  instance.clear_number, instance.scheduled_ms, instance.start_ms, instance.end_ms,
  instance.due_ms`;

const RUN_COLUMNS = 'run.dag_id, run.run_id, run.version_key, run.logical_date, run.run_after';

/** Every task instance of a run in topological order, or the one at place `ix`. */
export async function listTaskInstances(
  sql: Sql,
  runKey: number,
  ix?: number,
): Promise<TaskInstanceRow[]> {
  const where = new Conditions()
    .add(runKey, (value) => `instance.run_key = ${value}`)
    .add(ix, (value) => `instance.ix = ${value}`);
  const { rows } = await sql.query<TaskInstanceRow>(
    `select ${COLUMNS}, session.name as worker
       from tidegate.task_instance as instance
       left join tidegate.instance as session on session.instance_key = instance.session_key
      where ${where.toSql()}
      order by instance.ix`,
    where.values,
  );
  return rows;
}

/** Task instances by run and place, in the order asked for. */
export async function listTaskInstancesAt(
  sql: Sql,
  places: readonly { readonly runKey: number; readonly ix: number }[],
): Promise<TaskInstanceOfRun[]> {
  const { rows } = await sql.query<TaskInstanceOfRun>(
    `select ${COLUMNS}, ${RUN_COLUMNS}, session.name as worker
       from unnest($1::bigint[], $2::int[]) with ordinality as given (run_key, ix, place)
       join tidegate.dag_run as run on run.run_key = given.run_key
      cross join lateral (
        select *
          from tidegate.task_instance
         where task_instance.run_key = given.run_key and task_instance.ix = given.ix
        offset 0
      ) as instance
       left join tidegate.instance as session on session.instance_key = instance.session_key
      order by given.place`,
    [places.map((place) => place.runKey), places.map((place) => place.ix)],
  );
  return rows;
}

const ORDERS = {
  id: 'run.run_key',
  map_index: 'run.run_key',
  start_date: 'instance.start_ms',
  end_date: 'instance.end_ms',
  duration: 'instance.end_ms - instance.start_ms',
} as const;
export type TaskInstanceOrder = keyof typeof ORDERS;

export interface TaskInstanceFilter {
  /** Which runs; of all if it is left out. */
  readonly runs?: Omit<RunFilter, 'limit' | 'offset' | 'order'>;
  readonly runId?: string | undefined;
  readonly taskId?: string | undefined;
  /** Part of the task id, any case. */
  readonly taskPattern?: string | undefined;
  readonly pools?: readonly string[] | undefined;
  readonly queues?: readonly string[] | undefined;
  readonly states?: readonly string[] | undefined;
  /** (Default: the newest run first, its tasks in topological order) */
  readonly order?: readonly Order<TaskInstanceOrder>[] | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Task instances of many runs, with how many there are in all (counted up to `MOST_COUNTED`). */
export async function listTaskInstancesOfRuns(
  sql: Sql,
  filter: TaskInstanceFilter,
): Promise<{ instances: TaskInstanceOfRun[]; total: number }> {
  const { rows, total } = await readCountedPage<TaskInstanceOfRun>(sql, filter, {
    columns: `${COLUMNS}, instance.session_key, ${RUN_COLUMNS}`,
    // Run by run, the newest first, so that a page costs what it shows: `offset 0` keeps it a look-up by key.
    from: `tidegate.dag_run as run
     cross join lateral (
       select *
         from tidegate.task_instance
        where task_instance.run_key = run.run_key
       offset 0
     ) as instance`,
    where: toConditions(filter),
    order: toOrderSql(filter.order, ORDERS, 'run.run_key desc, instance.ix'),
    complete: (page) => `
      with page as (${page}),
      placed as (select page.*, row_number() over () as place from page)
      select placed.*, session.name as worker
        from placed
        left join tidegate.instance as session on session.instance_key = placed.session_key
       order by placed.place`,
  });
  return { instances: rows, total };
}

function toConditions(filter: TaskInstanceFilter): Conditions {
  const { states, runs = {} } = filter;
  // Only runs that are not over have such task instances.
  const isLive = states?.every((state) => !isFinishedTaskState(state as TaskState)) === true;
  return runConditions(runs)
    .add(filter.runId, (value) => `run.run_id = ${value}`)
    .add(states, (value) => `instance.state = any(${value})`)
    .addSql(isLive, 'run.run_key = any(array(select run_key from tidegate.live_run))')
    .add(filter.taskId, (value) => taskHas(`task.value ->> 'id' = ${value}`))
    .add(filter.taskPattern, (value) => taskHas(`task.value ->> 'id' ilike '%' || ${value} || '%'`))
    .add(filter.pools, (value) => taskHas(`task.value ->> 'pool' = any(${value})`))
    .add(filter.queues, (value) => taskHas(`task.value ->> 'queue' = any(${value})`));
}

// A hashed subplan: the graphs are opened once a statement, not once a row.
function taskHas(condition: string): string {
  return `(run.version_key, instance.ix) in (
         select version.version_key, (task.place - 1)::int
           from tidegate.dag_version as version,
                json_array_elements(version.serialized -> 'tasks') with ordinality
                  as task (value, place)
          where ${condition}
       )`;
}
