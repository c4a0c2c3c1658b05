import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { runOutcome } from './run-outcome.ts';
import { decideLevel, settle } from './settle.ts';
import { toTaskGraph, type TaskGraph } from './task-graph.ts';
import type { TaskState } from './task-state.ts';
import type { AnyTriggerRule } from './trigger-rule.ts';

interface VectorGraph {
  readonly tasks: readonly string[];
  readonly edges: readonly (readonly [string, string])[];
  readonly attributes: Readonly<
    Record<
      string,
      {
        readonly trigger_rule?: AnyTriggerRule;
        readonly setup?: boolean;
        readonly teardown?: boolean;
        readonly on_failure_fail_dagrun?: boolean;
      }
    >
  >;
}
interface Vector {
  readonly graph: string;
  readonly tasks: Readonly<Record<string, TaskState | null>>;
  readonly runState: string;
  readonly schedulable: readonly string[];
  readonly changed: Readonly<Record<string, TaskState>>;
}

const vectors = JSON.parse(
  readFileSync(new URL('./vectors/dagrun-state.json', import.meta.url), 'utf8'),
) as { graphs: Readonly<Record<string, VectorGraph>>; rows: readonly Vector[] };

function graphOf(name: string): TaskGraph {
  const source = vectors.graphs[name]!;
  return toTaskGraph(
    source.tasks.map((id) => {
      const facts = source.attributes[id];
      return {
        id,
        upstream: source.edges.filter(([, to]) => to === id).map(([from]) => from),
        triggerRule: facts?.trigger_rule ?? 'all_success',
        isSetup: facts?.setup ?? false,
        isTeardown: facts?.teardown ?? false,
        failsRun: facts?.on_failure_fail_dagrun ?? false,
      };
    }),
  );
}

/**
 * A running task keeps running here. Airflow, looking for a deadlock, overwrites a teardown that runs
 * although its rule does not hold: a state neither engine brings about by itself.
 */
const overwritesRunning = (row: Vector): boolean =>
  Object.keys(row.changed).some((id) => row.tasks[id] === 'running');

const rows = vectors.rows.map((row) => ({
  ...row,
  title: `${row.graph}: ${Object.entries(row.tasks)
    .map(([id, state]) => `${id} ${state ?? 'none'}`)
    .join(', ')}`,
}));
/**
 * Airflow decides one level a pass, so that a run whose last tasks it just decided stays `running` until a
 * later pass. Here every level is decided in one flush; these are the runs that end with it, and how.
 */
const ENDS_IN_SAME_FLUSH: Readonly<Record<string, string>> = {
  'chain: a upstream_failed, b none, c none': 'failed',
  'chain: a failed, b none, c none': 'failed',
  'chain: a success, b failed, c up_for_reschedule': 'failed',
  'diamond: a success, b skipped, c failed, d none': 'failed',
  'diamond: a success, b success, c failed, d none': 'failed',
  'diamond: a success, b failed, c success, d none': 'failed',
  'teardown: s failed, w upstream_failed, t none': 'failed',
  'teardown_on_failure_fail_dagrun: s skipped, w skipped, t none': 'success',
};

const agreed = rows.filter((row) => !overwritesRunning(row));

it.each(agreed)('schedules and decides as Airflow: $title', (row) => {
  const graph = graphOf(row.graph);
  const states = graph.tasks.map(({ id }) => row.tasks[id] ?? 'none');
  const level = decideLevel(graph, states);
  const changed = level.decided.map(({ ix, state }) => [graph.tasks[ix]!.id, state]);
  // Airflow's rows with up_for_retry were asked before the retry delay had passed.
  const due = level.runnable.filter((ix) => states[ix] !== 'up_for_retry');
  expect(Object.fromEntries(changed)).toEqual(row.changed);
  expect(due.map((ix) => graph.tasks[ix]!.id)).toEqual(row.schedulable);
});

it.each(agreed)('ends the run as Airflow: $title', (row) => {
  const graph = graphOf(row.graph);
  const states = graph.tasks.map(({ id }) => row.tasks[id] ?? 'none');
  const settled = settle(graph, states);
  const scheduled = settled.states.map((state, ix) =>
    settled.runnable.includes(ix) ? 'scheduled' : state,
  );
  const outcome = runOutcome(graph, scheduled);
  expect(outcome.state).toBe(ENDS_IN_SAME_FLUSH[row.title] ?? row.runState);
});

it('lists only rows Airflow leaves for its next pass', () => {
  const left = agreed.filter(
    (row) => row.runState === 'running' && Object.keys(row.changed).length > 0,
  );
  expect(Object.keys(ENDS_IN_SAME_FLUSH).sort()).toEqual(left.map(({ title }) => title).sort());
});
