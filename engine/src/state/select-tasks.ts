import { downstreamClosure, type TaskGraph } from './task-graph.ts';
import type { TaskState } from './task-state.ts';

/** Which task instances of a DAG are meant, in Airflow's selectors. */
export interface TaskSelection {
  /** Left out: every run, within the dates if there are any. */
  readonly runId?: string;
  /** Logical dates, both ends included. */
  readonly from?: Date;
  readonly to?: Date;
  /** Left out: every task. An id with a map index means that expansion only. */
  readonly taskIds?: readonly (string | readonly [id: string, mapIndex: number])[];
  readonly onlyFailed?: boolean;
  readonly onlyRunning?: boolean;
  readonly includeUpstream?: boolean;
  readonly includeDownstream?: boolean;
  /** The same tasks in later and earlier runs. */
  readonly includeFuture?: boolean;
  readonly includePast?: boolean;
}

/** A run as far as a selection looks at it. */
export interface SelectableRun {
  readonly runId: string;
  readonly logicalDate: Date | null;
}

/** True when the selection reaches into `run`; `named` is the run it names, if any. */
export function selectsRun(
  selection: TaskSelection,
  run: SelectableRun,
  named: SelectableRun | null,
): boolean {
  if (named === null) return isWithin(run.logicalDate, selection.from, selection.to);
  if (run.runId === named.runId) return true;
  const { includePast = false, includeFuture = false } = selection;
  // Without a date a run is neither earlier nor later; asked for both, every run is meant.
  if (includePast && includeFuture) return true;
  if (run.logicalDate === null || named.logicalDate === null) return false;
  if (includePast) return run.logicalDate <= named.logicalDate;
  return includeFuture && run.logicalDate >= named.logicalDate;
}

/** Places of the tasks selected in one run, ascending. */
export function selectPlaces(
  selection: TaskSelection,
  graph: TaskGraph,
  states: readonly TaskState[],
): number[] {
  const named = new Set(namedPlaces(selection, graph));
  const chosen = new Set(named);
  if (selection.includeDownstream === true) {
    for (const ix of downstreamClosure(graph, [...named])) chosen.add(ix);
  }
  if (selection.includeUpstream === true) {
    // As Airflow: with both, what the downstreams need comes too.
    for (const ix of upstreamClosure(graph, [...chosen])) chosen.add(ix);
  }
  return [...chosen]
    .filter((ix) => hasWantedState(selection, states[ix] ?? 'none'))
    .sort((a, b) => a - b);
}

function namedPlaces(selection: TaskSelection, graph: TaskGraph): number[] {
  if (selection.taskIds === undefined) return graph.tasks.map((_task, ix) => ix);
  // No task is mapped yet: a map index of its own names nothing.
  const ids = selection.taskIds.flatMap((one) => (typeof one === 'string' ? [one] : mapped(one)));
  return graph.tasks.flatMap((task, ix) => (ids.includes(task.id) ? [ix] : []));
}

function mapped([id, mapIndex]: readonly [id: string, mapIndex: number]): string[] {
  return mapIndex === -1 ? [id] : [];
}

function hasWantedState(selection: TaskSelection, state: TaskState): boolean {
  if (selection.onlyFailed === true) return state === 'failed' || state === 'upstream_failed';
  if (selection.onlyRunning === true) return state === 'running';
  return true;
}

function isWithin(date: Date | null, from: Date | undefined, to: Date | undefined): boolean {
  if (from === undefined && to === undefined) return true;
  if (date === null) return false;
  return (from === undefined || date >= from) && (to === undefined || date <= to);
}

/** Everything upstream of `from`, without `from` itself. */
function upstreamClosure(graph: TaskGraph, from: readonly number[]): ReadonlySet<number> {
  const reached = new Set<number>();
  const open = [...from];
  for (let ix = open.pop(); ix !== undefined; ix = open.pop()) {
    for (const parent of graph.tasks[ix]?.upstream ?? []) {
      if (reached.has(parent)) continue;
      reached.add(parent);
      open.push(parent);
    }
  }
  return reached;
}
