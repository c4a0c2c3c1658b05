import type { Report } from '../../state/flush-batch.ts';
import { poolKey } from '../../state/flush-rows.ts';
import type { RunInfo, RunInfoCache } from '../../store/flush/run-info.ts';

/** A task instance as it competes for slots. */
export interface Contender {
  readonly info: RunInfo;
  readonly ix: number;
  readonly queue: string;
  readonly pool: string;
  readonly slots: number;
  readonly rank: Rank;
}

/** Lower goes first; within a rank the older run does. */
export type Rank = readonly [lane: number, priority: number];

/** What a flush's reports bring about, as far as memory tells; the rows tell the truth. */
export interface Forecast {
  /** Their runs and pools have room for one more each. */
  readonly ending: readonly Contender[];
  /** Surely ready in the same flush, and locked by it anyway. */
  readonly coming: readonly Contender[];
}

/** Null for a place outside the run's graph. */
export function contenderOf(info: RunInfo, ix: number): Contender | null {
  const task = info.flow.tasks[ix];
  if (task === undefined) return null;
  const { queue, poolSlots, priority } = task;
  const rank: Rank = [info.lane === 'live' ? 0 : 1, -priority];
  return { info, ix, queue, pool: poolKey(task), slots: poolSlots, rank };
}

export function forecast(reports: readonly Report[], cache: RunInfoCache): Forecast {
  const ending: Contender[] = [];
  const coming: Contender[] = [];
  for (const { runKey, ix, outcome } of reports) {
    const info = cache.get(runKey);
    const ended = info === undefined ? null : contenderOf(info, ix);
    if (ended === null) continue;
    ending.push(ended);
    if (outcome.kind === 'success') coming.push(...madeReadyBy(ended));
  }
  return { ending, coming };
}

/** What waits for this task alone: whether a join is ready, only its counters tell. */
function madeReadyBy({ info, ix }: Contender): Contender[] {
  const { tasks } = info.flow.graph;
  return (tasks[ix]?.downstream ?? []).flatMap((child) => {
    const task = tasks[child];
    if (task?.rule !== 'all_success' || task.upstream.length > 1) return [];
    return contenderOf(info, child) ?? [];
  });
}
