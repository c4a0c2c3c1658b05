import { TidegateError } from '../../platform/errors.ts';
import { selectPlaces, selectsRun, type TaskSelection } from '../../state/select-tasks.ts';
import type { TaskState } from '../../state/task-state.ts';
import type { Sql } from '../db.ts';
import { STORE_ERRORS } from '../errors.ts';
import { RunInfoCache } from '../flush/run-info.ts';

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

interface SelectedRun {
  run_key: number;
  run_id: string;
  version_key: number;
  logical_date: Date | null;
}

/** Throws `NOT_FOUND` for a run that is not there, `INVALID_VALUE` for a selection that contradicts itself. */
export async function selectTasks(
  sql: Sql,
  dagId: string,
  selection: TaskSelection,
): Promise<SelectedTasks[]> {
  refuseContradictions(selection);
  const cache = new RunInfoCache(sql);
  const selected: SelectedTasks[] = [];
  for (const run of await listSelectedRuns(sql, dagId, selection)) {
    const flow = await cache.flow(run.version_key);
    if (flow === undefined) continue;
    const states = await readStates(sql, run.run_key);
    const tasks = selectPlaces(selection, flow.graph, states).map((ix) => ({
      ix,
      id: flow.tasks[ix]?.id ?? '',
      state: states[ix] ?? 'none',
    }));
    if (tasks.length > 0) selected.push({ runKey: run.run_key, runId: run.run_id, tasks });
  }
  return selected;
}

async function listSelectedRuns(
  sql: Sql,
  dagId: string,
  selection: TaskSelection,
): Promise<SelectedRun[]> {
  const isOne =
    selection.runId !== undefined &&
    selection.includePast !== true &&
    selection.includeFuture !== true;
  const { rows } = await sql.query<SelectedRun>(
    `select run_key, run_id, version_key, logical_date
       from tidegate.dag_run
      where dag_id = $1 and ($2::text is null or run_id = $2)
      order by run_key`,
    [dagId, isOne ? selection.runId : null],
  );
  const runs = rows.map((row) => ({ ...row, runId: row.run_id, logicalDate: row.logical_date }));
  const named = runs.find((run) => run.runId === selection.runId) ?? null;
  if (selection.runId !== undefined && named === null) {
    throw new TidegateError(STORE_ERRORS.notFound, `DAG ${dagId} has no run ${selection.runId}`);
  }
  return runs.filter((run) => selectsRun(selection, run, named));
}

async function readStates(sql: Sql, runKey: number): Promise<TaskState[]> {
  const { rows } = await sql.query<{ state: TaskState }>(
    'select state from tidegate.task_instance where run_key = $1 order by ix',
    [runKey],
  );
  return rows.map((row) => row.state);
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
