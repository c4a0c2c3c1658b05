import type { SerializedDag } from '../../dag/serialized-dag.ts';
import type { FlowFacts } from '../../state/flush-rows.ts';
import { leavesOf, toTaskGraph } from '../../state/task-graph.ts';

/** What the planner needs of a DAG version. */
export function toFlowFacts(dag: SerializedDag): FlowFacts {
  const graph = toTaskGraph(dag.tasks);
  return {
    graph,
    tasks: dag.tasks,
    leaves: new Set(leavesOf(graph)),
    maxActiveTasks: dag.maxActiveTasks,
    runTimeoutMs: dag.runTimeoutMs,
  };
}
