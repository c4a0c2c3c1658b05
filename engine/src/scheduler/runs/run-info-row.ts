import type { DagPlan } from '../../store/runs/dag-plan.ts';
import type { RunInfoRow } from '../../store/flush/run-info.ts';
import type { MadeRun } from './made-run.ts';

/** The run as it was committed, so that the flush need not read it. */
export function toRunInfoRow(plan: DagPlan, made: MadeRun & { readonly kind: 'made' }): RunInfoRow {
  const { identity, runKey, lane, pinned } = made;
  const topic = plan.source?.topic ?? '';
  return {
    run_key: runKey,
    dag_id: plan.dagId,
    run_id: identity.runId,
    version_key: plan.versionKey,
    run_type: identity.runType,
    lane,
    logical_date: identity.logicalDate,
    data_interval_start: identity.intervalStart,
    data_interval_end: identity.intervalEnd,
    run_after: identity.runAfter,
    conf: identity.conf,
    clear_number: 0,
    ranges: pinned.map((range) => ({ topic, ...range })),
  };
}
