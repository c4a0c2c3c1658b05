import { toRunId } from '../../schedule/run-id.ts';
import type { Database, Tx } from '../../store/db.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import {
  countActiveRuns,
  lockDag,
  saveNextRun,
  type NextRun,
} from '../../store/runs/schedulable-dags.ts';
import { makeLiveRun, type MadeRun, type RunIdentity } from './make-run.ts';
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
export function makeDueRun(database: Database, due: DueRun): Promise<MadeRun> {
  return database.transaction(async (tx) => {
    const dag = await lockDag(tx, due.plan.dagId, { skipLocked: true });
    const planned = dag?.next ?? null;
    if (dag === undefined || planned === null || dag.isPaused || dag.isStale) {
      return { kind: 'not_due' };
    }
    if (dag.versionKey !== due.plan.versionKey || planned.runAfter > due.now) {
      return { kind: 'not_due' };
    }
    if ((await countActiveRuns(tx, dag.dagId)) >= dag.maxActiveRuns) return { kind: 'full' };
    const next = refreshNext(due.plan, planned, due.now);
    if (next === null || next.runAfter > due.now) return passOn(tx, due, { after: next });
    return makeTick(tx, due, next);
  });
}

async function makeTick(tx: Tx, due: DueRun, tick: NextRun): Promise<MadeRun> {
  const { plan, seen } = due;
  const stream =
    seen.kind === 'seen' && plan.source !== null
      ? await planStream(
          tx,
          { dagId: plan.dagId, source: plan.source },
          { observation: seen.observation, restOnly: false },
        )
      : undefined;
  if (seen.kind === 'seen' && stream === undefined) return { kind: 'outdated' };
  const made = await makeLiveRun(tx, {
    plan,
    identity: tickIdentity(tick),
    stream,
    waitingFor: waitingFor(seen),
    allowEmpty: plan.source?.emptyRuns ?? true,
    at: due.now,
  });
  // A blocked stream keeps its tick: it is made as soon as the failed range is dealt with.
  if (made.kind === 'blocked') return made;
  const after = planNext(plan, { lastRun: intervalOf(tick), now: due.now });
  await saveNextRun(tx, plan.dagId, {
    next: after,
    checkedAt: due.now,
    came: made.kind === 'quiet' ? 'quiet' : made.kind === 'exists' ? 'nothing' : 'run',
  });
  return made;
}

async function passOn(
  tx: Tx,
  due: DueRun,
  { after }: { readonly after: NextRun | null },
): Promise<MadeRun> {
  await saveNextRun(tx, due.plan.dagId, { next: after, checkedAt: due.now, came: 'nothing' });
  return { kind: 'not_due' };
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
