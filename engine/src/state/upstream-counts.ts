import type { TaskState } from './task-state.ts';

/** How the direct upstreams of one task instance stand. */
export interface UpstreamCounts {
  readonly total: number;
  readonly success: number;
  readonly failed: number;
  readonly upstreamFailed: number;
  readonly skipped: number;
  readonly removed: number;
  readonly setupSuccess: number;
  readonly setupSkipped: number;
  /** How many upstreams are set-up tasks. A fact of the graph; absent means none. */
  readonly setupTotal?: number;
}

export type MutableUpstreamCounts = { -readonly [K in keyof UpstreamCounts]: UpstreamCounts[K] };

/** Counts of a task instance none of whose upstreams has finished. */
export function noneFinished(total: number, setupTotal = 0): MutableUpstreamCounts {
  return {
    total,
    success: 0,
    failed: 0,
    upstreamFailed: 0,
    skipped: 0,
    removed: 0,
    setupSuccess: 0,
    setupSkipped: 0,
    setupTotal,
  };
}

type Counter = 'success' | 'failed' | 'upstreamFailed' | 'skipped' | 'removed';

/** Where an upstream in a state is counted; unfinished states count nowhere. */
const COUNTER: Readonly<Record<TaskState, Counter | null>> = {
  none: null,
  scheduled: null,
  queued: null,
  running: null,
  up_for_retry: null,
  up_for_reschedule: null,
  deferred: null,
  restarting: null,
  success: 'success',
  failed: 'failed',
  upstream_failed: 'upstreamFailed',
  skipped: 'skipped',
  removed: 'removed',
};

/** Adds (`by` = 1) or takes back (`by` = -1) one upstream. */
export function countUpstream(
  counts: MutableUpstreamCounts,
  upstream: { readonly state: TaskState; readonly isSetup?: boolean },
  by: 1 | -1 = 1,
): void {
  const counter = COUNTER[upstream.state];
  if (counter === null) return;
  counts[counter] += by;
  if (upstream.isSetup !== true) return;
  if (counter === 'success') counts.setupSuccess += by;
  if (counter === 'skipped') counts.setupSkipped += by;
}

/** Upstreams that have finished, however. */
export function doneCount(counts: UpstreamCounts): number {
  return counts.success + counts.failed + counts.upstreamFailed + counts.skipped + counts.removed;
}
