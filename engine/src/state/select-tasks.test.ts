import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { selectPlaces, selectsRun, type TaskSelection } from './select-tasks.ts';
import { toTaskGraph } from './task-graph.ts';
import type { TaskState } from './task-state.ts';

interface Request {
  readonly dag_run_id?: string;
  readonly start_date?: string;
  readonly end_date?: string;
  readonly task_ids?: readonly (string | readonly [string, number])[];
  readonly only_failed?: boolean;
  readonly only_running?: boolean;
  readonly include_upstream?: boolean;
  readonly include_downstream?: boolean;
  readonly include_future?: boolean;
  readonly include_past?: boolean;
}
interface Vectors {
  readonly graph: {
    readonly tasks: readonly string[];
    readonly edges: readonly (readonly [string, string])[];
  };
  readonly states: Readonly<Record<string, Readonly<Record<string, TaskState | null>>>>;
  readonly rows: readonly {
    readonly request: Request;
    readonly answer: {
      readonly status: number;
      readonly cleared?: Readonly<Record<string, readonly string[]>>;
    };
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('./vectors/clear.json', import.meta.url), 'utf8'),
) as Vectors;

const { tasks, edges } = vectors.graph;
const graph = toTaskGraph(
  tasks.map((id) => ({ id, upstream: edges.filter(([, to]) => to === id).map(([from]) => from) })),
);
const runs = Object.keys({ ...vectors.states, run_nolog: {} }).map((runId) => ({
  runId,
  logicalDate: runId === 'run_nolog' ? null : new Date(runId.slice('run_'.length)),
  states: graph.tasks.map(({ id }): TaskState => {
    const states = vectors.states[runId];
    // The run without a logical date is all success.
    return states === undefined || !(id in states) ? 'success' : (states[id] ?? 'none');
  }),
}));

/** Airflow's defaults: only what failed. */
function toSelection(request: Request): TaskSelection {
  return {
    onlyFailed: request.only_failed ?? true,
    onlyRunning: request.only_running ?? false,
    includeUpstream: request.include_upstream ?? false,
    includeDownstream: request.include_downstream ?? false,
    includeFuture: request.include_future ?? false,
    includePast: request.include_past ?? false,
    ...(request.dag_run_id === undefined ? {} : { runId: request.dag_run_id }),
    ...(request.start_date === undefined ? {} : { from: new Date(request.start_date) }),
    ...(request.end_date === undefined ? {} : { to: new Date(request.end_date) }),
    ...(request.task_ids === undefined ? {} : { taskIds: request.task_ids }),
  };
}

const answered = vectors.rows
  .filter((row) => row.answer.status === 200)
  .map((row) => ({ ...row, title: JSON.stringify(row.request) }));

it.each(answered)('selects as Airflow clears: $title', ({ request, answer }) => {
  const selection = toSelection(request);
  const named = runs.find((run) => run.runId === request.dag_run_id) ?? null;
  const selected = runs
    .filter((run) => selectsRun(selection, run, named))
    .map((run) => {
      const places = selectPlaces(selection, graph, run.states);
      return [run.runId, places.map((ix) => graph.tasks[ix]?.id ?? '').sort()] as const;
    })
    .filter(([, ids]) => ids.length > 0);
  expect(Object.fromEntries(selected)).toEqual(answer.cleared);
});
