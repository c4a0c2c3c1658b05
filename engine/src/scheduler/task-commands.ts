import { TidegateError } from '../platform/errors.ts';
import type { MarkedRunState, MarkedTaskState } from '../state/change-tasks.ts';
import { selectPlaces, type TaskSelection } from '../state/select-tasks.ts';
import type { WholeRun } from '../state/resettle-run.ts';
import type { RunState } from '../state/run-state.ts';
import type { Database } from '../store/db.ts';
import { selectRuns } from '../store/reads/select-tasks.ts';
import { COMMAND_ERRORS } from './command-errors.ts';
import type { RunRewriter } from './run-rewriter.ts';

/** Task instances of one run that a command changed. */
export interface ChangedTasks {
  readonly runKey: number;
  readonly runId: string;
  readonly places: readonly number[];
}

/** Commands on task instances of one or many runs of a DAG. */
export interface TaskCommands {
  /**
   * Clears what a selection means; each run in a transaction of its own, so that a crash in between leaves
   * whole runs cleared and the same request clears the rest. With `preventRunning` a task instance that runs
   * ends the command with `TASK_RUNNING`.
   */
  clearTasks(
    dagId: string,
    selection: TaskSelection,
    options?: { readonly preventRunning?: boolean },
  ): Promise<ChangedTasks[]>;
  /** Marks what a selection means and is not in that state yet. */
  markTasks(
    dagId: string,
    selection: TaskSelection,
    state: MarkedTaskState,
  ): Promise<ChangedTasks[]>;
  /**
   * Success and failure end the tasks that are left as well; queued is the state only. With `onlyFrom` a run in
   * any other state stays as it is and the command ends with `RUN_MOVED_ON`.
   */
  markRun(
    runKey: number,
    state: MarkedRunState,
    options?: { readonly onlyFrom?: readonly RunState[] | undefined },
  ): Promise<void>;
}

export function createTaskCommands(database: Database, rewriter: RunRewriter): TaskCommands {
  const changeRuns = async (
    dagId: string,
    selection: TaskSelection,
    change: (runKey: number) => Promise<readonly number[]>,
  ): Promise<ChangedTasks[]> => {
    const changed: ChangedTasks[] = [];
    for (const { runKey, runId } of await selectRuns(database, dagId, selection)) {
      const places = await change(runKey);
      if (places.length > 0) changed.push({ runKey, runId, places });
    }
    return changed;
  };
  return {
    clearTasks: (dagId, selection, { preventRunning = false } = {}) =>
      changeRuns(dagId, selection, (runKey) =>
        rewriter.clearPicked(runKey, (whole) => {
          const places = placesIn(whole, selection);
          if (preventRunning) refuseRunning(whole, places);
          return places;
        }),
      ),
    markTasks: (dagId, selection, state) =>
      changeRuns(dagId, selection, (runKey) =>
        rewriter.markPicked(
          runKey,
          (whole) => placesIn(whole, selection).filter((ix) => whole.rows[ix]?.state !== state),
          state,
        ),
      ),
    markRun: async (runKey, state, { onlyFrom } = {}) => {
      await rewriter.markRun(runKey, state, ({ run }) => {
        if (onlyFrom !== undefined) refuseOther(run.state, onlyFrom);
      });
    },
  };
}

function placesIn(whole: WholeRun, selection: TaskSelection): number[] {
  return selectPlaces(
    selection,
    whole.flow.graph,
    whole.rows.map((row) => row.state),
  );
}

function refuseOther(state: RunState, allowed: readonly RunState[]): void {
  if (allowed.includes(state)) return;
  throw new TidegateError(
    COMMAND_ERRORS.runMovedOn,
    `the run is ${state} by now, not ${allowed.join(' or ')}: it stays as it is`,
  );
}

function refuseRunning(whole: WholeRun, places: readonly number[]): void {
  const running = places.find((ix) => whole.rows[ix]?.state === 'running');
  if (running === undefined) return;
  const id = whole.flow.tasks[running]?.id ?? '';
  throw new TidegateError(
    COMMAND_ERRORS.taskRunning,
    `task ${id} is running: wait for its end, or clear without prevent_running_task to stop it`,
  );
}
