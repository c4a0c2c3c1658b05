import type { TriggerRule } from '../dag/serialized-dag.ts';
import { doneCount, type UpstreamCounts } from './upstream-counts.ts';

/** Airflow's twelve rules and the one its teardown tasks get. */
export type AnyTriggerRule = TriggerRule | 'all_done_setup_success';

/** `run` = may be scheduled now; `skip` and `upstream_failed` are applied at once, however many still run. */
export type Decision = 'run' | 'wait' | 'skip' | 'upstream_failed';

interface Tally extends Omit<Required<UpstreamCounts>, 'upstreamFailed' | 'removed'> {
  readonly done: boolean;
  readonly failures: number;
  /** Upstreams the DAG version still has: four of the rules ask "all" and "none" of these. */
  readonly present: number;
}

/**
 * The one decision about a task instance that waits for its upstreams, exactly as Airflow decides it
 * (`vectors/trigger-rules.json`). A task without upstreams runs, whatever its rule.
 */
export function decide(rule: AnyTriggerRule, counts: UpstreamCounts): Decision {
  if (counts.total === 0) return 'run';
  const { total, success, failed, skipped, setupSuccess, setupSkipped } = counts;
  // Not `...counts`: those are mostly a row of many more columns, and copying it costs as much as the rest.
  return RULES[rule]({
    total,
    success,
    failed,
    skipped,
    setupSuccess,
    setupSkipped,
    setupTotal: counts.setupTotal ?? 0,
    done: doneCount(counts) >= counts.total,
    failures: counts.failed + counts.upstreamFailed,
    present: counts.total - counts.removed,
  });
}

const RULES: Readonly<Record<AnyTriggerRule, (tally: Tally) => Decision>> = {
  all_success: (up) => {
    if (up.failures > 0) return 'upstream_failed';
    if (up.skipped > 0) return 'skip';
    return up.success === up.present ? 'run' : 'wait';
  },
  all_failed: (up) => {
    if (up.success > 0 || up.skipped > 0) return 'skip';
    return up.failures === up.present ? 'run' : 'wait';
  },
  all_done: (up) => (up.done ? 'run' : 'wait'),
  // Airflow's documentation says skips are ignored here; its code skips the task at the first one.
  all_done_min_one_success: (up) => {
    if (up.skipped > 0) return 'skip';
    if (!up.done) return 'wait';
    return up.success > 0 ? 'run' : 'upstream_failed';
  },
  all_skipped: (up) => {
    if (up.success > 0 || up.failures > 0) return 'skip';
    return up.skipped === up.total ? 'run' : 'wait';
  },
  one_success: (up) => {
    if (up.success > 0) return 'run';
    if (!up.done) return 'wait';
    return up.skipped === up.total ? 'skip' : 'upstream_failed';
  },
  one_failed: (up) => {
    if (up.failures > 0) return 'run';
    return up.done ? 'skip' : 'wait';
  },
  // Only success and failure count as done here: skipped and upstream_failed do not.
  one_done: (up) => {
    if (up.success + up.failed > 0) return 'run';
    return up.done ? 'skip' : 'wait';
  },
  none_failed: (up) => {
    if (up.failures > 0) return 'upstream_failed';
    return up.success + up.skipped === up.present ? 'run' : 'wait';
  },
  none_failed_min_one_success: (up) => {
    if (up.failures > 0) return 'upstream_failed';
    if (up.skipped === up.total) return 'skip';
    return up.success + up.skipped === up.present ? 'run' : 'wait';
  },
  none_skipped: (up) => {
    if (up.skipped > 0) return 'skip';
    return up.done ? 'run' : 'wait';
  },
  always: () => 'run',
  all_done_setup_success: (up) => {
    if (!up.done) return 'wait';
    if (up.setupTotal === 0 || up.setupSuccess > 0) return 'run';
    return up.setupSkipped >= up.setupTotal ? 'skip' : 'upstream_failed';
  },
};
