import type { DagMove, LiveRunCreation, RunFate } from '../../store/runs/create-live-run.ts';
import type { LockedDagStream } from '../../store/runs/lock-dag-stream.ts';
import type { PartitionRange } from '../../store/runs/run-ranges.ts';
import type { CursorMove } from '../../store/runs/stream-cursors.ts';
import type { MadeRun } from './made-run.ts';
import { planRanges, countRecords } from './plan-ranges.ts';
import type { StreamPlan } from './plan-stream.ts';
import { toNewRun, type RunToMake } from './to-new-run.ts';

/** A live run somebody asks for, everything it depends on locked. */
export interface LiveRun extends RunToMake {
  /** Undefined: the DAG has no source, or its topic does not exist (`waitingFor`). */
  readonly stream: StreamPlan | undefined;
  readonly waitingFor: string | null;
  /** Make the run even when it has nothing to read. */
  readonly allowEmpty: boolean;
}

/** What to write, and what it comes to. */
export type RunDecision =
  /** Nothing is written. */
  | { readonly kind: 'nothing'; readonly made: MadeRun }
  /** No run; the cursors are written as they stand, and the timetable. */
  | {
      readonly kind: 'pass';
      readonly made: MadeRun;
      readonly moves: readonly CursorMove[];
      readonly dagMove: DagMove | null;
    }
  | {
      readonly kind: 'create';
      readonly creation: LiveRunCreation;
      readonly toMade: (runKey: number) => MadeRun;
    };

/** Decides about one live run. */
export function decideLiveRun(live: LiveRun, locked: LockedDagStream): RunDecision {
  const { stream, waitingFor } = live;
  if (waitingFor !== null) return parked(live, waitingFor);
  if (stream === undefined) return queued(live, locked, []);
  if (stream.loss !== null) return lost(live, locked, stream);
  if (stream.blockedBy !== null) return nothing({ kind: 'blocked', byRunKey: stream.blockedBy });
  const ranges = planRanges(stream.backlogs, stream.source.maxRecords);
  if (ranges.length > 0 || live.allowEmpty) return queued(live, locked, ranges);
  return { kind: 'pass', made: { kind: 'quiet' }, moves: advance(stream, []), dagMove: null };
}

export function nothing(made: MadeRun): RunDecision {
  return { kind: 'nothing', made };
}

/** The decision with the timetable moved on by the same transaction. */
export function withDagMove(decision: RunDecision, dagMove: DagMove): RunDecision {
  if (decision.kind === 'pass') return { ...decision, dagMove };
  if (decision.kind === 'nothing') return decision;
  return { ...decision, creation: { ...decision.creation, dagMove } };
}

function queued(
  live: LiveRun,
  locked: LockedDagStream,
  ranges: readonly PartitionRange[],
): RunDecision {
  const { stream, identity, plan } = live;
  const isDue = identity.runAfter <= live.at;
  const slot = isDue ? locked.freeSlot : null;
  const creation = toCreation(live, {
    fate: { kind: 'queued', slot, cap: locked.dag?.maxActiveRuns ?? plan.maxActiveRuns },
    ranges,
  });
  const records = countRecords(ranges);
  const hasRest = stream !== undefined && stream.pending > records;
  const toMade = (runKey: number): MadeRun => ({
    kind: 'made',
    runKey,
    identity,
    lane: 'live',
    isStarted: slot !== null,
    records,
    hasRest,
    pinned: ranges,
  });
  return { kind: 'create', creation, toMade };
}

function parked(live: LiveRun, waitingFor: string): RunDecision {
  const { runId } = live.identity;
  const creation = toCreation(live, { fate: { kind: 'parked', waitingFor }, ranges: [] });
  return {
    kind: 'create',
    creation: { ...creation, moves: [] },
    toMade: (runKey) => ({ kind: 'parked', runKey, runId }),
  };
}

/**
 * The failed run owns what is gone, so that the stream never jumps: with `block` it stands until somebody
 * has dealt with the run, with `continue` the hole stays visible. Said once, not at every tick.
 */
function lost(live: LiveRun, { newest }: LockedDagStream, stream: StreamPlan): RunDecision {
  const { loss } = stream;
  if (loss === null || (newest?.state === 'failed' && newest.reason === loss.code)) {
    return nothing({ kind: 'blocked', byRunKey: null });
  }
  const { runId } = live.identity;
  const fate = { kind: 'failed', reason: loss.code, note: loss.note, at: live.at } as const;
  const creation = toCreation(live, { fate, ranges: loss.lost });
  return {
    kind: 'create',
    creation: loss.lost.length > 0 ? creation : { ...creation, moves: [] },
    toMade: (runKey) => ({ kind: 'lost', runKey, runId, code: loss.code }),
  };
}

function toCreation(
  live: LiveRun,
  given: { readonly fate: RunFate; readonly ranges: readonly PartitionRange[] },
): LiveRunCreation {
  const { stream } = live;
  return {
    ...given,
    run: toNewRun(live, { lane: 'live', scope: live.plan.dagId }),
    topic: stream?.source.topic ?? null,
    moves: stream === undefined ? [] : advance(stream, given.ranges),
    dagMove: null,
    tells: null,
  };
}

/** The cursors once `taken` is pinned; what was left of the log is the rest. */
export function advance(stream: StreamPlan, taken: readonly PartitionRange[]): CursorMove[] {
  const to = new Map(taken.map((range) => [range.partition, range.to]));
  const ends = new Map(stream.backlogs.map((backlog) => [backlog.partition, backlog.end]));
  return stream.standing.map((standing) => {
    const next = to.get(standing.partition) ?? standing.next;
    return { ...standing, next, logEnd: Math.max(next, ends.get(standing.partition) ?? next) };
  });
}
