import type { Report } from '../../state/flush-batch.ts';
import { poolKey, type RunFacts } from '../../state/flush-rows.ts';
import { rankOf, type Rank } from '../../state/rank.ts';

/** A task instance as it competes for slots. */
export interface Contender {
  readonly run: RunFacts;
  readonly ix: number;
  readonly queue: string;
  readonly pool: string;
  readonly slots: number;
  readonly rank: Rank;
}

/** What a flush's reports bring about, as far as memory tells; the rows tell the truth. */
export interface Forecast {
  /** Their runs and pools have room for one more each. */
  readonly ending: readonly Contender[];
  /** Surely ready in the same flush, and locked by it anyway. */
  readonly coming: readonly Contender[];
}

/** Null for a place outside the run's graph. */
export function contenderOf(run: RunFacts, ix: number): Contender | null {
  const task = run.flow.tasks[ix];
  if (task === undefined) return null;
  const { queue, poolSlots: slots } = task;
  return { run, ix, queue, pool: poolKey(task), slots, rank: rankOf(run, task) };
}

/** `known`: the runs in memory; a report of another run is passed over. */
export function forecast(
  reports: readonly Report[],
  known: { get(runKey: number): RunFacts | undefined },
): Forecast {
  const ending: Contender[] = [];
  const coming: Contender[] = [];
  for (const { runKey, ix, outcome } of reports) {
    const run = known.get(runKey);
    const ended = run === undefined ? null : contenderOf(run, ix);
    if (ended === null) continue;
    ending.push(ended);
    if (outcome.kind === 'success') coming.push(...madeReadyBy(ended));
  }
  return { ending, coming };
}

/** What waits for this task alone: whether a join is ready, only its counters tell. */
function madeReadyBy({ run, ix }: Contender): Contender[] {
  const { tasks } = run.flow.graph;
  return (tasks[ix]?.downstream ?? []).flatMap((child) => {
    const task = tasks[child];
    if (task?.rule !== 'all_success' || task.upstream.length > 1) return [];
    return contenderOf(run, child) ?? [];
  });
}
