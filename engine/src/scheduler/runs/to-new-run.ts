import type { NewRun } from '../../store/insert-run.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import type { RunIdentity } from './made-run.ts';

export interface RunToMake {
  readonly plan: DagPlan;
  readonly identity: RunIdentity;
  readonly at: Date;
}

/** The row of a run, live or replayed. `scope`: whose limit of active runs counts it. */
export function toNewRun(
  { plan, identity, at }: RunToMake,
  { lane, scope }: Pick<NewRun, 'lane' | 'scope'>,
): NewRun {
  return {
    dagId: plan.dagId,
    runId: identity.runId,
    versionKey: plan.versionKey,
    runType: identity.runType,
    lane,
    scope,
    logicalDate: identity.logicalDate,
    dataIntervalStart: identity.intervalStart,
    dataIntervalEnd: identity.intervalEnd,
    runAfter: identity.runAfter,
    conf: identity.conf,
    triggeredBy: identity.triggeredBy,
    triggeringUser: identity.triggeringUser,
    backfillId: null,
    queuedAt: at,
    note: identity.note,
  };
}
