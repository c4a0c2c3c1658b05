import type { Database, Tx } from '../../store/db.ts';
import { toRunId } from '../../schedule/run-id.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import { findNewestLiveRun } from '../../store/runs/pin-run.ts';
import {
  countActiveRuns,
  lockDag,
  saveNextRun,
  type LockedDag,
} from '../../store/runs/schedulable-dags.ts';
import { makeLiveRun, type MadeRun, type RunIdentity } from './make-run.ts';
import type { StreamObservation } from './observe-stream.ts';
import { planStream, type StreamPlan } from './plan-stream.ts';

export interface GatheredRun {
  readonly plan: DagPlan;
  readonly observation: StreamObservation;
  readonly now: Date;
  /** Since when records wait while a run is active; null: since now. */
  readonly gatheringSince: Date | null;
}

/**
 * Makes the run that records ask for: at once when no run of the DAG is active; else when `upTo` records have
 * gathered or the first of them has waited for `within`, as far as the limit of active runs allows.
 */
export function makeGatheredRun(database: Database, gathered: GatheredRun): Promise<MadeRun> {
  const asked = { ...gathered, restOnly: false };
  return underLock(database, asked, async (tx, dag, stream) => {
    const { plan, now } = gathered;
    if (stream.pending === 0 && stream.loss === null) return { kind: 'quiet' };
    const until = dag.activeRuns === 0 ? null : gatherUntil(gathered, stream);
    if (until !== null) return { kind: 'gathering', until };
    // Strictly later than the one before, so that no interval is empty and no run id comes twice.
    const previous = dag.checkedAt ?? dag.registeredAt;
    const own = new Date(Math.max(now.getTime(), previous.getTime() + 1));
    const identity = { ...recordsIdentity({ start: previous, end: own }), runAfter: now };
    const made = await makeLiveRun(tx, liveRun(gathered, identity, stream));
    if (made.kind === 'made' || made.kind === 'lost') {
      await saveNextRun(tx, plan.dagId, { next: null, checkedAt: own, came: 'run' });
    }
    return made;
  });
}

/**
 * Makes a run of what the last plan had to leave because it was more than one run may take. It shares the
 * interval of the run before it and has no logical date of its own.
 */
export function makeRestRun(database: Database, gathered: GatheredRun): Promise<MadeRun> {
  return underLock(database, { ...gathered, restOnly: true }, async (tx, dag, stream) => {
    if (stream.pending === 0 && stream.loss === null) return { kind: 'quiet' };
    const before = await findNewestLiveRun(tx, dag.dagId);
    const from = stream.backlogs.reduce((sum, backlog) => sum + backlog.from, 0);
    const base = before?.runId.replace(/~\d+$/, '').slice(0, 220);
    const identity: RunIdentity = {
      ...recordsIdentity({
        start: before?.intervalStart ?? null,
        end: before?.intervalEnd ?? null,
      }),
      // The sum of offsets only grows: unique within the stream, and the same whoever makes it.
      runId: `${base ?? toRunId('scheduled', gathered.now.getTime())}~${from}`,
      runType: before?.runType ?? 'scheduled',
      runAfter: gathered.now,
    };
    return makeLiveRun(tx, liveRun(gathered, identity, stream));
  });
}

async function underLock(
  database: Database,
  gathered: GatheredRun & { readonly restOnly: boolean },
  make: (tx: Tx, dag: LockedDag & { activeRuns: number }, stream: StreamPlan) => Promise<MadeRun>,
): Promise<MadeRun> {
  const { plan, observation, restOnly } = gathered;
  const { source } = plan;
  if (source === null) return { kind: 'not_due' };
  return database.transaction(async (tx) => {
    // Waits: who holds the row may have looked at the log before the records of this wake-up.
    const dag = await lockDag(tx, plan.dagId, { skipLocked: false });
    if (dag === undefined || dag.isPaused || dag.isStale) return { kind: 'not_due' };
    if (dag.versionKey !== plan.versionKey) return { kind: 'superseded' };
    const activeRuns = await countActiveRuns(tx, dag.dagId);
    if (activeRuns >= dag.maxActiveRuns) return { kind: 'full' };
    const stream = await planStream(tx, { dagId: plan.dagId, source }, { observation, restOnly });
    return stream === undefined ? { kind: 'outdated' } : make(tx, { ...dag, activeRuns }, stream);
  });
}

/** Until when records should gather on beside an active run; null: a run may be made now. */
function gatherUntil(gathered: GatheredRun, stream: StreamPlan): Date | null {
  const { plan, now, gatheringSince } = gathered;
  if (plan.schedule.kind !== 'on_records' || stream.pending >= plan.schedule.upTo) return null;
  const until = new Date((gatheringSince ?? now).getTime() + plan.schedule.withinMs);
  return until > now ? until : null;
}

function liveRun(
  gathered: GatheredRun,
  identity: RunIdentity,
  stream: StreamPlan,
): Parameters<typeof makeLiveRun>[1] {
  const { plan, now } = gathered;
  return { plan, identity, stream, waitingFor: null, allowEmpty: false, at: now };
}

function recordsIdentity(interval: { start: Date | null; end: Date | null }): RunIdentity {
  const runAfter = interval.end ?? new Date(0);
  return {
    runId: toRunId('scheduled', runAfter.getTime()),
    runType: 'scheduled',
    logicalDate: null,
    intervalStart: interval.start,
    intervalEnd: interval.end,
    runAfter,
    triggeredBy: 'timetable',
    triggeringUser: null,
    conf: {},
    note: null,
  };
}
