import type { SerializedTask } from '../dag/serialized-dag.ts';
import type { RunFacts } from './flush-rows.ts';

/** Who gets slots first: live runs, then the higher priority; within a rank the older run. Lower goes first. */
export type Rank = readonly [lane: number, priority: number];

export function rankOf(run: Pick<RunFacts, 'lane'>, task: SerializedTask): Rank {
  return [run.lane === 'live' ? 0 : 1, -task.priority];
}

export function compareRanks(a: Rank, b: Rank): number {
  return a[0] - b[0] || a[1] - b[1];
}
