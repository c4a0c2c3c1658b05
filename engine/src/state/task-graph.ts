import type { SerializedDag } from '../dag/serialized-dag.ts';
import type { AnyTriggerRule } from './trigger-rule.ts';

/** The part of a DAG that decides states: rules and edges, tasks known by their place (`ix`). */
export interface TaskGraph {
  readonly tasks: readonly GraphTask[];
}

export interface GraphTask {
  readonly id: string;
  readonly rule: AnyTriggerRule;
  readonly upstream: readonly number[];
  readonly downstream: readonly number[];
  readonly isSetup: boolean;
  readonly isTeardown: boolean;
  /** A teardown whose failure fails the run, against the rule. */
  readonly failsRun: boolean;
}

/** What a graph is made of: upstream ids, everything else may be left out. */
export interface GraphTaskSource {
  readonly id: string;
  readonly upstream: readonly string[];
  readonly triggerRule?: AnyTriggerRule;
  readonly isSetup?: boolean;
  readonly isTeardown?: boolean;
  readonly failsRun?: boolean;
}

/** The graph of a registered DAG. Edges to ids the DAG does not have are left out. */
export function toTaskGraph(tasks: SerializedDag['tasks'] | readonly GraphTaskSource[]): TaskGraph {
  const sources: readonly GraphTaskSource[] = tasks;
  const placeOf = new Map(sources.map((task, ix) => [task.id, ix]));
  const downstream: number[][] = sources.map(() => []);
  const upstream = sources.map((task, ix) => {
    const places = task.upstream.flatMap((id) => placeOf.get(id) ?? []);
    for (const place of places) downstream[place]?.push(ix);
    return places;
  });
  return {
    tasks: sources.map((task, ix) => ({
      id: task.id,
      rule: ruleOf(task),
      upstream: upstream[ix] ?? [],
      downstream: downstream[ix] ?? [],
      isSetup: task.isSetup ?? false,
      isTeardown: task.isTeardown ?? false,
      failsRun: task.failsRun ?? false,
    })),
  };
}

function ruleOf(task: GraphTaskSource): AnyTriggerRule {
  if (task.isTeardown === true) return 'all_done_setup_success';
  return task.triggerRule ?? 'all_success';
}

/**
 * The tasks whose states decide the run: those without downstream, teardowns passed over unless their
 * failure fails the run. A DAG of teardowns only is judged by its last ones.
 */
export function leavesOf(graph: TaskGraph): readonly number[] {
  const isPassedOver = (task: GraphTask): boolean => task.isTeardown && !task.failsRun;
  const places = graph.tasks.map((task, ix) => ({ task, ix }));
  const effective = places.filter(
    ({ task }) =>
      !isPassedOver(task) &&
      task.downstream.every((ix) => {
        const child = graph.tasks[ix];
        return child === undefined || isPassedOver(child);
      }),
  );
  const chosen =
    effective.length > 0 ? effective : places.filter(({ task }) => task.downstream.length === 0);
  return chosen.map(({ ix }) => ix);
}

/** Everything downstream of `from`, without `from` itself. */
export function downstreamClosure(graph: TaskGraph, from: readonly number[]): ReadonlySet<number> {
  const reached = new Set<number>();
  const open = [...from];
  for (let ix = open.pop(); ix !== undefined; ix = open.pop()) {
    for (const child of graph.tasks[ix]?.downstream ?? []) {
      if (reached.has(child)) continue;
      reached.add(child);
      open.push(child);
    }
  }
  return reached;
}
