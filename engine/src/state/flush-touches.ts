import type { FactsOf, FlushBatch, Report } from './flush-batch.ts';
import { placeOf, poolKey, type TaskRef } from './flush-rows.ts';
import { skippedByBranch, skippedByShortCircuit } from './branch.ts';

/** What a flush locks first, each list in key order: the order every transaction keeps. */
export interface Touches {
  readonly runs: readonly number[];
  readonly tasks: readonly TaskRef[];
  readonly limits: readonly string[];
}

/** Every row a batch may touch, as far as the graph tells; cascades ask for more. */
export function touchesOf(batch: FlushBatch, factsOf: FactsOf): Touches {
  const tasks = new Map<number, TaskRef>();
  const runs = new Set<number>(batch.begins);
  const limits = new Set<string>();
  const add = (runKey: number, ix: number): void => {
    const ref = { runKey, ix };
    tasks.set(placeOf(ref), ref);
    runs.add(runKey);
    const task = factsOf(runKey).flow.tasks[ix];
    if (task !== undefined) limits.add(poolKey(task));
  };
  for (const report of batch.reports) addReport(report, factsOf, add);
  for (const { runKey, ix } of [...batch.wakes, ...batch.candidates]) add(runKey, ix);
  for (const runKey of batch.begins) {
    for (const [ix, task] of factsOf(runKey).flow.graph.tasks.entries()) {
      if (task.upstream.length === 0) add(runKey, ix);
    }
  }
  return {
    runs: [...runs].sort((a, b) => a - b),
    tasks: sortRefs([...tasks.values()]),
    limits: [...limits].sort(),
  };
}

export function sortRefs(refs: readonly TaskRef[]): TaskRef[] {
  return [...refs].sort((a, b) => a.runKey - b.runKey || a.ix - b.ix);
}

function addReport(
  report: Report,
  factsOf: FactsOf,
  add: (runKey: number, ix: number) => void,
): void {
  const { graph } = factsOf(report.runKey).flow;
  const { outcome } = report;
  add(report.runKey, report.ix);
  for (const ix of graph.tasks[report.ix]?.downstream ?? []) add(report.runKey, ix);
  const skipped =
    outcome.kind === 'branched'
      ? skippedByBranch(graph, report.ix, outcome.chosen)
      : outcome.kind === 'short_circuited'
        ? skippedByShortCircuit(graph, report.ix)
        : [];
  for (const ix of skipped) {
    add(report.runKey, ix);
    for (const child of graph.tasks[ix]?.downstream ?? []) add(report.runKey, child);
  }
}
