import { leavesOf, type TaskGraph } from './task-graph.ts';
import { isFinishedTaskState, type TaskState } from './task-state.ts';

export type RunOutcome =
  | { readonly state: 'running' }
  | {
      readonly state: 'success';
      /** The run ended well although a task failed: shown as a mark. */
      readonly hasFailedTasks: boolean;
    }
  | { readonly state: 'failed'; readonly reason: 'task_failure' | 'all_tasks_deadlocked' };

const MOVES_BY_ITSELF: ReadonlySet<TaskState> = new Set<TaskState>([
  'scheduled',
  'queued',
  'running',
  'restarting',
  'up_for_retry',
  'up_for_reschedule',
  'deferred',
]);

/** True in states from which a task instance goes on without any other task's help. */
export function movesByItself(state: TaskState): boolean {
  return MOVES_BY_ITSELF.has(state);
}

/**
 * What a running run has come to, once every rule that can decide has decided (`settle`).
 * Only the leaves are asked: a failure somebody downstream coped with does not fail the run.
 */
export function runOutcome(graph: TaskGraph, states: readonly TaskState[]): RunOutcome {
  const unfinished = states.filter((state) => !isFinishedTaskState(state));
  if (unfinished.length > 0) {
    return unfinished.some(movesByItself)
      ? { state: 'running' }
      : { state: 'failed', reason: 'all_tasks_deadlocked' };
  }
  if (leavesOf(graph).some((ix) => isFailure(states[ix]))) {
    return { state: 'failed', reason: 'task_failure' };
  }
  return { state: 'success', hasFailedTasks: states.some(isFailure) };
}

function isFailure(state: TaskState | undefined): boolean {
  return state === 'failed' || state === 'upstream_failed';
}
