import { toRunId } from '../../schedule/run-id.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import type { LockedDagStream } from '../../store/runs/lock-dag-stream.ts';
import type { NextRun } from '../../store/runs/schedulable-dags.ts';
import { decideLiveRun, nothing, withDagMove, type RunDecision } from './decide-run.ts';
import type { MadeRun, RunIdentity } from './made-run.ts';
import { makeRun, type RunStore } from './make-run.ts';
import type { StreamObservation } from './observe-stream.ts';
import { planStream } from './plan-stream.ts';
import { intervalOf, planNext, refreshNext } from './timetable.ts';

/** What was seen of a DAG's topic before the transaction. */
export type SeenStream =
  | { readonly kind: 'none' }
  | { readonly kind: 'missing'; readonly topic: string }
  | { readonly kind: 'seen'; readonly observation: StreamObservation };

export interface DueRun {
  readonly plan: DagPlan;
  readonly seen: SeenStream;
  readonly now: Date;
}

/**
 * Makes the run a timetable asks for, if this scheduler is the one to make it: the DAG's row is locked, so
 * that of any number of schedulers one finds the run due and moves the timetable on in the same transaction.
 */
export function makeDueRun(store: RunStore, due: DueRun): Promise<MadeRun> {
  const { plan, seen, now } = due;
  const lock = {
    dagId: plan.dagId,
    topic: seen.kind === 'seen' ? (plan.source?.topic ?? null) : null,
    skipLocked: true,
    needsNewest: seen.kind === 'seen' && seen.observation.loss !== null,
    at: now,
  };
  return makeRun(store, lock, (locked) => decideDueRun(due, locked));
}

function decideDueRun(due: DueRun, locked: LockedDagStream): RunDecision {
  const { plan, now } = due;
  const { dag } = locked;
  const planned = dag?.next ?? null;
  if (dag === undefined || planned === null || dag.isPaused || dag.isStale) {
    return nothing({ kind: 'not_due' });
  }
  if (dag.versionKey !== plan.versionKey || planned.runAfter > now) {
    return nothing({ kind: 'not_due' });
  }
  if (locked.activeRuns >= dag.maxActiveRuns) return nothing({ kind: 'full' });
  const next = refreshNext(plan, planned, now);
  if (next !== null && next.runAfter <= now) return decideTick(due, locked, next);
  const dagMove = { next, checkedAt: now, always: true };
  return { kind: 'pass', made: { kind: 'not_due' }, moves: [], dagMove };
}

function decideTick(due: DueRun, locked: LockedDagStream, tick: NextRun): RunDecision {
  const { plan, seen, now } = due;
  const stream =
    seen.kind === 'seen' && plan.source !== null
      ? planStream(plan.source, locked, { observation: seen.observation, restOnly: false })
      : undefined;
  if (seen.kind === 'seen' && stream === undefined) return nothing({ kind: 'outdated' });
  const live = {
    plan,
    identity: tickIdentity(tick),
    stream,
    waitingFor: waitingFor(seen),
    allowEmpty: plan.source?.emptyRuns ?? true,
    at: now,
  };
  // A blocked stream keeps its tick: it is made as soon as the failed range is dealt with.
  const after = planNext(plan, { lastRun: intervalOf(tick), now });
  return withDagMove(decideLiveRun(live, locked), { next: after, checkedAt: now, always: true });
}

function tickIdentity(tick: NextRun): RunIdentity {
  return {
    runId: toRunId('scheduled', tick.runAfter.getTime()),
    runType: 'scheduled',
    logicalDate: tick.logicalDate,
    intervalStart: tick.intervalStart,
    intervalEnd: tick.intervalEnd,
    runAfter: tick.runAfter,
    triggeredBy: 'timetable',
    triggeringUser: null,
    conf: {},
    note: null,
  };
}

/** What a run of a DAG waits for whose topic does not exist; null when it waits for nothing. */
export function waitingFor(seen: SeenStream): string | null {
  if (seen.kind !== 'missing') return null;
  return `topic ${seen.topic}, which does not exist: check its name, or wait for capture to create it`;
}
