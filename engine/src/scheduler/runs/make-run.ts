import { failpoint } from '../../platform/failpoint.ts';
import type { Json } from '../../platform/json.ts';
import type { Tx } from '../../store/db.ts';
import type { NewRun } from '../../store/insert-run.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import { failNewRun, findNewestLiveRun, insertRun, parkRun } from '../../store/runs/pin-run.ts';
import { insertRanges, type PartitionRange } from '../../store/runs/run-ranges.ts';
import { moveCursors, type CursorMove } from '../../store/runs/stream-cursors.ts';
import { planRanges, countRecords } from './plan-ranges.ts';
import type { StreamPlan } from './plan-stream.ts';

/** Who a run is; its ranges come from the stream. */
export interface RunIdentity {
  readonly runId: string;
  readonly runType: NewRun['runType'];
  readonly logicalDate: Date | null;
  readonly intervalStart: Date | null;
  readonly intervalEnd: Date | null;
  readonly runAfter: Date;
  readonly triggeredBy: string;
  readonly triggeringUser: string | null;
  readonly conf: Json;
  readonly note: string | null;
}

/** What came of asking for a run. */
export type MadeRun =
  | {
      readonly kind: 'made';
      readonly runKey: number;
      readonly runId: string;
      readonly records: number;
      /** More was there than one run may take: ask again at once. */
      readonly hasRest: boolean;
      readonly pinned: readonly PartitionRange[];
    }
  /** Made and failed by name at once: the log lost what it should have read. */
  | {
      readonly kind: 'lost';
      readonly runKey: number;
      readonly runId: string;
      readonly code: string;
    }
  /** Made, but waits for its topic to exist. */
  | { readonly kind: 'parked'; readonly runKey: number; readonly runId: string }
  | { readonly kind: 'quiet' }
  | { readonly kind: 'blocked'; readonly byRunKey: number | null }
  /** As many runs are active as the DAG allows. */
  | { readonly kind: 'full' }
  /** Records gather, until `until` at the latest. */
  | { readonly kind: 'gathering'; readonly until: Date }
  /** Not due, paused, gone, or another scheduler is at it. */
  | { readonly kind: 'not_due' }
  /** A run with this id or logical date exists. */
  | { readonly kind: 'exists' }
  /** The DAG has a newer version: plan by that one. */
  | { readonly kind: 'superseded' }
  /** Another scheduler moved the stream meanwhile: look again. */
  | { readonly kind: 'outdated' };

export interface LiveRun {
  readonly plan: DagPlan;
  readonly identity: RunIdentity;
  /** Undefined: the DAG has no source, or its topic does not exist (`waitingFor`). */
  readonly stream: StreamPlan | undefined;
  readonly waitingFor: string | null;
  /** Make the run even when it has nothing to read. */
  readonly allowEmpty: boolean;
  readonly at: Date;
}

/**
 * Makes one live run in the caller's transaction, which holds the DAG's row and the stream's cursors: run,
 * task instances, ranges and cursors commit together or not at all.
 */
export async function makeLiveRun(tx: Tx, live: LiveRun): Promise<MadeRun> {
  const { stream } = live;
  if (live.waitingFor !== null) return makeParked(tx, live, live.waitingFor);
  if (stream === undefined) return makeWithRanges(tx, live, []);
  if (stream.loss !== null) return makeLost(tx, live, stream);
  if (stream.blockedBy !== null) return { kind: 'blocked', byRunKey: stream.blockedBy };
  const ranges = planRanges(stream.backlogs, stream.source.maxRecords);
  if (ranges.length === 0 && !live.allowEmpty) {
    await saveStanding(tx, live, []);
    return { kind: 'quiet' };
  }
  return makeWithRanges(tx, live, ranges);
}

async function makeWithRanges(
  tx: Tx,
  live: LiveRun,
  ranges: readonly PartitionRange[],
): Promise<MadeRun> {
  const { stream, identity } = live;
  const runKey = await insertRun(tx, toNewRun(live));
  if (runKey === null) return { kind: 'exists' };
  await pin(tx, live, { runKey, ranges });
  await saveStanding(tx, live, ranges);
  failpoint('run.before-commit');
  const records = countRecords(ranges);
  const hasRest = stream !== undefined && stream.pending > records;
  return { kind: 'made', runKey, runId: identity.runId, records, hasRest, pinned: ranges };
}

async function makeParked(tx: Tx, live: LiveRun, waitingFor: string): Promise<MadeRun> {
  const runKey = await insertRun(tx, toNewRun(live));
  if (runKey === null) return { kind: 'exists' };
  await parkRun(tx, { runKey, waitingFor });
  return { kind: 'parked', runKey, runId: live.identity.runId };
}

/**
 * The failed run owns what is gone, so that the stream never jumps: with `block` it stands until somebody
 * has dealt with the run, with `continue` the hole stays visible. Said once, not at every tick.
 */
async function makeLost(tx: Tx, live: LiveRun, stream: StreamPlan): Promise<MadeRun> {
  const { loss } = stream;
  const newest = await findNewestLiveRun(tx, live.plan.dagId);
  if (loss === null || (newest?.state === 'failed' && newest.reason === loss.code)) {
    return { kind: 'blocked', byRunKey: null };
  }
  const runKey = await insertRun(tx, toNewRun(live));
  if (runKey === null) return { kind: 'exists' };
  await failNewRun(tx, { runKey, reason: loss.code, note: loss.note, at: live.at });
  if (loss.lost.length > 0) {
    await pin(tx, live, { runKey, ranges: loss.lost });
    await saveStanding(tx, live, loss.lost);
  }
  return { kind: 'lost', runKey, runId: live.identity.runId, code: loss.code };
}

async function pin(
  tx: Tx,
  live: LiveRun,
  run: { readonly runKey: number; readonly ranges: readonly PartitionRange[] },
): Promise<void> {
  const topic = live.stream?.source.topic;
  if (topic === undefined || run.ranges.length === 0) return;
  await insertRanges(tx, { ...run, dagId: live.plan.dagId, topic, isLive: true });
}

async function saveStanding(
  tx: Tx,
  live: LiveRun,
  taken: readonly PartitionRange[],
): Promise<void> {
  const { stream } = live;
  if (stream === undefined) return;
  const { dagId } = live.plan;
  const moves = advance(stream, taken);
  await moveCursors(tx, { dagId, topic: stream.source.topic, at: live.at }, moves);
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

function toNewRun({ plan, identity, at }: LiveRun): NewRun {
  return {
    dagId: plan.dagId,
    runId: identity.runId,
    versionKey: plan.versionKey,
    runType: identity.runType,
    lane: 'live',
    scope: plan.dagId,
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
