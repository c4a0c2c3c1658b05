import { toRunId } from '../../schedule/run-id.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import type { LockedDagStream } from '../../store/runs/lock-dag-stream.ts';
import type { LockedDag } from '../../store/runs/schedulable-dags.ts';
import {
  advance,
  decideLiveRun,
  nothing,
  withDagMove,
  type LiveRun,
  type RunDecision,
} from './decide-run.ts';
import type { MadeRun, RunIdentity } from './made-run.ts';
import { makeRun, type RunStore } from './make-run.ts';
import type { StreamObservation } from './observe-stream.ts';
import { planStream, type StreamPlan } from './plan-stream.ts';

export interface GatheredRun {
  readonly plan: DagPlan;
  readonly observation: StreamObservation;
  readonly now: Date;
  /** Since when records wait while a run is active; null: since now. */
  readonly gatheringSince: Date | null;
}

/** A DAG that may have one more run, and its stream, both locked. */
interface Locked extends LockedDagStream {
  readonly dag: LockedDag;
  readonly stream: StreamPlan;
}

/**
 * Makes the run that records ask for: at once when no run of the DAG is active; else when `upTo` records have
 * gathered or the first of them has waited for `within`, as far as the limit of active runs allows.
 */
export function makeGatheredRun(store: RunStore, gathered: GatheredRun): Promise<MadeRun> {
  return underLock(store, { ...gathered, restOnly: false }, (locked) => {
    const { dag, stream, activeRuns } = locked;
    if (stream.pending === 0 && stream.loss === null) return quiet(gathered, stream);
    const until = activeRuns === 0 ? null : gatherUntil(gathered, stream);
    if (until !== null) return nothing({ kind: 'gathering', until });
    // Strictly later than the one before, so that no interval is empty and no run id comes twice.
    const previous = dag.checkedAt ?? dag.registeredAt;
    const own = new Date(Math.max(gathered.now.getTime(), previous.getTime() + 1));
    const interval = recordsIdentity({ start: previous, end: own });
    const identity = { ...interval, runAfter: gathered.now };
    const decision = decideLiveRun(liveRun(gathered, identity, stream), locked);
    return withDagMove(decision, { next: null, checkedAt: own, always: false });
  });
}

/** A first start at the end of the log is written down, or it would move with the end. */
function quiet({ observation }: GatheredRun, stream: StreamPlan): RunDecision {
  if (observation.starts.size === 0) return nothing({ kind: 'quiet' });
  return { kind: 'pass', made: { kind: 'quiet' }, moves: advance(stream, []), dagMove: null };
}

/**
 * Makes a run of what the last plan had to leave because it was more than one run may take. It shares the
 * interval of the run before it and has no logical date of its own.
 */
export function makeRestRun(store: RunStore, gathered: GatheredRun): Promise<MadeRun> {
  return underLock(store, { ...gathered, restOnly: true }, (locked) => {
    const { stream, newest: before } = locked;
    if (stream.pending === 0 && stream.loss === null) return nothing({ kind: 'quiet' });
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
    return decideLiveRun(liveRun(gathered, identity, stream), locked);
  });
}

function underLock(
  store: RunStore,
  gathered: GatheredRun & { readonly restOnly: boolean },
  decide: (locked: Locked) => RunDecision,
): Promise<MadeRun> {
  const { plan, observation, restOnly, now } = gathered;
  const { source, dagId } = plan;
  if (source === null) return Promise.resolve({ kind: 'not_due' });
  const lock = {
    dagId,
    topic: source.topic,
    // Waits: who holds the row may have looked at the log before the records of this wake-up.
    skipLocked: false,
    needsNewest: restOnly || observation.loss !== null,
    at: now,
  };
  return makeRun(store, lock, (locked) => {
    const { dag } = locked;
    if (dag === undefined || dag.isPaused || dag.isStale) return nothing({ kind: 'not_due' });
    if (dag.versionKey !== plan.versionKey) return nothing({ kind: 'superseded' });
    if (locked.activeRuns >= dag.maxActiveRuns) return nothing({ kind: 'full' });
    const stream = planStream(source, locked, { observation, restOnly });
    return stream === undefined
      ? nothing({ kind: 'outdated' })
      : decide({ ...locked, dag, stream });
  });
}

/** Until when records should gather on beside an active run; null: a run may be made now. */
function gatherUntil(gathered: GatheredRun, stream: StreamPlan): Date | null {
  const { plan, now, gatheringSince } = gathered;
  if (plan.schedule.kind !== 'on_records' || stream.pending >= plan.schedule.upTo) return null;
  const until = new Date((gatheringSince ?? now).getTime() + plan.schedule.withinMs);
  return until > now ? until : null;
}

function liveRun(gathered: GatheredRun, identity: RunIdentity, stream: StreamPlan): LiveRun {
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
