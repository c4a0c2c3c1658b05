import type { Database } from '../../store/db.ts';
import { notify } from '../../store/notifications.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import { insertRun } from '../../store/runs/pin-run.ts';
import { insertRanges, type PartitionRange } from '../../store/runs/run-ranges.ts';
import type { PartitionBounds, TopicLog } from '../../topic-log/topic-log.ts';
import { triggerInvalid } from './errors.ts';
import type { MadeRun } from './made-run.ts';
import { countRecords } from './plan-ranges.ts';
import { toNewRun, type RunToMake } from './to-new-run.ts';

/** What a replay reads again: exact offsets, or records by their time. */
export type ReplayRequest =
  | { readonly kind: 'offsets'; readonly ranges: readonly PartitionRange[] }
  /** `to` left out: up to the end. */
  | { readonly kind: 'times'; readonly from: Date; readonly to?: Date };

/** The ranges of a replay, checked against the log. Throws `TRIGGER_INVALID`, `TOPIC_MISSING`. */
export async function findReplayRanges(
  topicLog: TopicLog,
  plan: DagPlan,
  request: ReplayRequest,
): Promise<PartitionRange[]> {
  const topic = plan.source?.topic;
  if (topic === undefined) {
    throw triggerInvalid(`${plan.dagId} has no source: a replay needs a topic to read again`);
  }
  const bounds = await topicLog.bounds(topic);
  if (request.kind === 'offsets') return checkOffsets(topic, request.ranges, bounds);
  const { from, to } = request;
  if (to !== undefined && to < from) throw triggerInvalid('the replay ends before it starts');
  const starts = await topicLog.offsetsAt(topic, from);
  const ends = to === undefined ? undefined : await topicLog.offsetsAt(topic, to);
  return [...bounds]
    .map(([partition, { end }]) => ({
      partition,
      from: starts.get(partition) ?? end,
      to: ends?.get(partition) ?? end,
    }))
    .filter((range) => range.to > range.from)
    .sort((a, b) => a.partition - b.partition);
}

function checkOffsets(
  topic: string,
  ranges: readonly PartitionRange[],
  bounds: ReadonlyMap<number, PartitionBounds>,
): PartitionRange[] {
  const partitions = new Set(ranges.map((range) => range.partition));
  if (ranges.length === 0 || partitions.size !== ranges.length) {
    throw triggerInvalid('a replay takes one range for each of its partitions, and at least one');
  }
  for (const { partition, from, to } of ranges) {
    const there = bounds.get(partition);
    const isWhole = Number.isSafeInteger(from) && Number.isSafeInteger(to);
    if (there === undefined) throw triggerInvalid(`topic ${topic} has no partition ${partition}`);
    if (!isWhole || from > to || from < there.start || to > there.end) {
      throw triggerInvalid(
        `partition ${partition} of ${topic} holds offsets ${there.start} to ${there.end} (exclusive): ${from} to ${to} does not lie within`,
        { partition, from, to, ...there },
      );
    }
  }
  return [...ranges];
}

/** Makes a replay: its own ranges, the backfill lane, cursor and mirrored offsets untouched. */
export function makeReplayRun(
  database: Database,
  replay: RunToMake & { readonly ranges: readonly PartitionRange[] },
): Promise<MadeRun> {
  const { plan, ranges, identity } = replay;
  return database.transaction(async (tx): Promise<MadeRun> => {
    const place = { lane: 'backfill', scope: `replay:${plan.dagId}` } as const;
    const runKey = await insertRun(tx, toNewRun(replay, place));
    if (runKey === null) return { kind: 'exists' };
    await notify(tx, { kind: 'runs' });
    const topic = plan.source?.topic;
    if (topic !== undefined && ranges.length > 0) {
      await insertRanges(tx, { runKey, dagId: plan.dagId, topic, isLive: false, ranges });
    }
    const records = countRecords(ranges);
    const came = { identity, lane: 'backfill', isStarted: false, records } as const;
    return { kind: 'made', runKey, ...came, hasRest: false, pinned: [] };
  });
}
