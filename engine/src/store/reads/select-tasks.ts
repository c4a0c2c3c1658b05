import { TidegateError } from '../../platform/errors.ts';
import { selectPlaces, selectsRun, type TaskSelection } from '../../state/select-tasks.ts';
import type { TaskState } from '../../state/task-state.ts';
import type { Sql } from '../db.ts';
import { STORE_ERRORS } from '../errors.ts';
import { RunInfoCache } from '../flush/run-info.ts';
import { Conditions } from './conditions.ts';

/** Task instances of one run a selection reaches: what a dry run lists and a clear takes. */
export interface SelectedTasks {
  readonly runKey: number;
  readonly runId: string;
  readonly tasks: readonly {
    readonly ix: number;
    readonly id: string;
    readonly state: TaskState;
  }[];
}

/** A run a selection reaches into. */
export interface SelectedRun {
  readonly runKey: number;
  readonly runId: string;
  readonly versionKey: number;
  readonly logicalDate: Date | null;
}

/** More runs than this are changed in several requests, each with its own dates. */
const MOST_RUNS = 10_000;
/** Runs whose states come with one statement. */
const RUNS_AT_ONCE = 500;

/** Throws `NOT_FOUND` for a run that is not there, `INVALID_VALUE` for a selection that contradicts itself. */
export async function selectTasks(
  sql: Sql,
  dagId: string,
  selection: TaskSelection,
): Promise<SelectedTasks[]> {
  const cache = new RunInfoCache(sql);
  const selected: SelectedTasks[] = [];
  const runs = await selectRuns(sql, dagId, selection);
  for (let from = 0; from < runs.length; from += RUNS_AT_ONCE) {
    const some = runs.slice(from, from + RUNS_AT_ONCE);
    const statesOf = await readStates(sql, some);
    for (const run of some) {
      const flow = await cache.flow(run.versionKey);
      const states = statesOf.get(run.runKey);
      if (flow === undefined || states === undefined) continue;
      const tasks = selectPlaces(selection, flow.graph, states).map((ix) => ({
        ix,
        id: flow.tasks[ix]?.id ?? '',
        state: states[ix] ?? 'none',
      }));
      if (tasks.length > 0) selected.push({ runKey: run.runKey, runId: run.runId, tasks });
    }
  }
  return selected;
}

/** The runs a selection reaches into, the oldest first; throws as `selectTasks` does. */
export async function selectRuns(
  sql: Sql,
  dagId: string,
  selection: TaskSelection,
): Promise<SelectedRun[]> {
  refuseContradictions(selection);
  const named = selection.runId === undefined ? null : await getRun(sql, dagId, selection.runId);
  const where = runsWithin(dagId, selection, named);
  const { rows } = await sql.query<SelectedRun>(
    `select run_key as "runKey", run_id as "runId", version_key as "versionKey",
            logical_date as "logicalDate"
       from tidegate.dag_run
      where ${where.toSql()}
      order by run_key
      limit ${MOST_RUNS + 1}`,
    where.values,
  );
  if (rows.length > MOST_RUNS) {
    throw invalid(
      `more than ${MOST_RUNS} runs are meant: narrow them with start_date and end_date`,
    );
  }
  return rows.filter((run) => selectsRun(selection, run, named));
}

/** At least the runs `selectsRun` agrees to, by index. */
function runsWithin(
  dagId: string,
  { includePast, includeFuture, from, to }: TaskSelection,
  named: SelectedRun | null,
): Conditions {
  const where = new Conditions().add(dagId, (value) => `dag_id = ${value}`);
  if (named === null) return where.addRange('logical_date', { gte: from, lte: to });
  if (includePast === true && includeFuture === true) return where;
  if (named.logicalDate === null || (includePast !== true && includeFuture !== true)) {
    return where.add(named.runKey, (value) => `run_key = ${value}`);
  }
  const { logicalDate } = named;
  return where.addRange(
    'logical_date',
    includePast === true ? { lte: logicalDate } : { gte: logicalDate },
  );
}

async function getRun(sql: Sql, dagId: string, runId: string): Promise<SelectedRun> {
  const { rows } = await sql.query<SelectedRun>(
    `select run_key as "runKey", run_id as "runId", version_key as "versionKey",
            logical_date as "logicalDate"
       from tidegate.dag_run
      where dag_id = $1 and run_id = $2`,
    [dagId, runId],
  );
  const run = rows[0];
  if (run !== undefined) return run;
  throw new TidegateError(STORE_ERRORS.notFound, `DAG ${dagId} has no run ${runId}`);
}

async function readStates(
  sql: Sql,
  runs: readonly SelectedRun[],
): Promise<ReadonlyMap<number, TaskState[]>> {
  const { rows } = await sql.query<{ run_key: number; states: string }>(
    `select run_key, string_agg(state, ',' order by ix) as states
       from tidegate.task_instance
      where run_key = any ($1::bigint[])
      group by run_key`,
    [runs.map((run) => run.runKey)],
  );
  return new Map(rows.map((row) => [row.run_key, row.states.split(',') as TaskState[]]));
}

function refuseContradictions(selection: TaskSelection): void {
  const { taskIds, onlyFailed, onlyRunning, runId, from, to } = selection;
  if (taskIds?.length === 0) throw invalid('the list of tasks is empty: leave it out to mean all');
  if (onlyFailed === true && onlyRunning === true) {
    throw invalid('only failed and only running exclude each other');
  }
  if (runId !== undefined && (from !== undefined || to !== undefined)) {
    throw invalid('a run and dates exclude each other');
  }
}

function invalid(message: string): TidegateError {
  return new TidegateError(STORE_ERRORS.invalid, message);
}
