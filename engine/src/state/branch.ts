import { downstreamClosure, type TaskGraph } from './task-graph.ts';

/**
 * Places a branch skips: its direct downstreams that were not chosen and that no chosen one leads to.
 * Their own downstreams follow by their rules.
 */
export function skippedByBranch(
  graph: TaskGraph,
  branch: number,
  chosen: readonly string[],
): readonly number[] {
  const children = graph.tasks[branch]?.downstream ?? [];
  const taken = children.filter((ix) => chosen.includes(graph.tasks[ix]?.id ?? ''));
  const kept = new Set([...taken, ...downstreamClosure(graph, taken)]);
  return children.filter((ix) => !kept.has(ix));
}

/** Places a short circuit that answered false skips: everything downstream, whatever its rule, but teardowns. */
export function skippedByShortCircuit(graph: TaskGraph, shortCircuit: number): readonly number[] {
  return [...downstreamClosure(graph, [shortCircuit])]
    .filter((ix) => graph.tasks[ix]?.isTeardown !== true)
    .sort((a, b) => a - b);
}
