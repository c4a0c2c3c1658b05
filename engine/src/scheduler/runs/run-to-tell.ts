import type { DagPlan } from '../../store/runs/dag-plan.ts';
import type { RunToTell } from '../../store/runs/told-run.ts';
import type { MadeRun } from './made-run.ts';

/** The run as it is committed, so that the flush need not read it. */
export function toRunToTell(
  plan: DagPlan,
  made: Pick<MadeRun & { readonly kind: 'made' }, 'identity' | 'lane' | 'pinned'>,
): RunToTell {
  const { identity, lane, pinned } = made;
  const topic = plan.source?.topic ?? '';
  return {
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
