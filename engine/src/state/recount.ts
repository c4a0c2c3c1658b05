import type { TaskGraph } from './task-graph.ts';
import type { TaskState } from './task-state.ts';
import { countUpstream, noneFinished, type UpstreamCounts } from './upstream-counts.ts';

/**
 * The counters of every task instance of a run, from the states alone. The only path for clear, mark,
 * expansion and repair; everywhere else counters are kept step by step and must equal this.
 */
export function recount(graph: TaskGraph, states: readonly TaskState[]): readonly UpstreamCounts[] {
  return graph.tasks.map((task) => {
    const setups = task.upstream.filter((ix) => graph.tasks[ix]?.isSetup === true).length;
    const counts = noneFinished(task.upstream.length, setups);
    for (const ix of task.upstream) {
      const isSetup = graph.tasks[ix]?.isSetup ?? false;
      countUpstream(counts, { state: states[ix] ?? 'none', isSetup });
    }
    return counts;
  });
}
