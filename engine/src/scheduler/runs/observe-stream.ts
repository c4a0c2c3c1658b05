import type { SerializedSource } from '../../dag/serialized-dag.ts';
import type { PartitionRange } from '../../store/runs/run-ranges.ts';
import type { StreamCursor } from '../../store/runs/stream-cursors.ts';
import { isTopicLogError } from '../../topic-log/errors.ts';
import type { PartitionBounds, PartitionLook, TopicLog } from '../../topic-log/topic-log.ts';
import type { CursorMemory } from './cursor-memory.ts';
import { rangeLost, topicCompacted, topicRecreated, type LogLoss } from './errors.ts';

/** What the log and the cursors say, read before a transaction: the log is never asked inside one. */
export interface StreamObservation {
  /** The cursors it was made by: as this scheduler last knew them, never newer than the bounds. */
  readonly cursors: readonly StreamCursor[];
  readonly bounds: ReadonlyMap<number, PartitionBounds>;
  /** Where partitions without a cursor start. */
  readonly starts: ReadonlyMap<number, number>;
  /** Upper bound of the records ahead; another scheduler may take them first. */
  readonly ahead: number;
  /** Why nothing can be planned, and the offsets that are gone. */
  readonly loss: (LogLoss & { readonly lost: readonly PartitionRange[] }) | null;
}

export interface StreamReader {
  readonly cursors: CursorMemory;
  readonly topicLog: TopicLog;
}

/**
 * Looks at a DAG's topic: bounds, and whether it still is the log this stream has read. Undefined when the
 * topic does not exist.
 *
 * Cursors are read first: an end behind them then is a fault, never another scheduler that was quicker.
 */
export async function observeStream(
  reader: StreamReader,
  dagId: string,
  source: SerializedSource,
): Promise<StreamObservation | undefined> {
  const { topicLog } = reader;
  const { topic } = source;
  try {
    const cursors = await reader.cursors.recall({ dagId, topic });
    const [bounds, refused] = await Promise.all([
      topicLog.look(topic, source.history ? offsetsToCompare(cursors) : new Map()),
      // Asked once a stream: it costs a request, and matters before the first range only.
      cursors.length === 0 && source.history ? topicLog.isCompacted(topic) : false,
    ]);
    const starts = await findStarts(topicLog, source, { cursors, bounds });
    const changed = cursors.find((cursor) => isOther(cursor, bounds));
    const loss = findLoss(topic, { cursors, bounds, changed, refused });
    return { cursors, bounds, starts, loss, ahead: countAhead(bounds, { cursors, starts }) };
  } catch (error) {
    if (isTopicLogError(error, 'TOPIC_MISSING')) return undefined;
    throw error;
  }
}

function countAhead(
  bounds: ReadonlyMap<number, PartitionBounds>,
  from: { cursors: readonly StreamCursor[]; starts: ReadonlyMap<number, number> },
): number {
  const next = new Map(from.cursors.map((cursor) => [cursor.partition, cursor.next]));
  let ahead = 0;
  for (const [partition, { end }] of bounds) {
    const start = next.get(partition) ?? from.starts.get(partition) ?? end;
    ahead += Math.max(0, end - start);
  }
  return ahead;
}

function offsetsToCompare(cursors: readonly StreamCursor[]): ReadonlyMap<number, number> {
  return new Map(
    cursors.flatMap(({ partition, fingerprint }) =>
      fingerprint === null ? [] : [[partition, fingerprint.offset]],
    ),
  );
}

/** Where the cursor's record was, another one is now: not the log that was read. */
function isOther(
  { partition, fingerprint }: StreamCursor,
  looks: ReadonlyMap<number, PartitionLook>,
): boolean {
  const now = looks.get(partition)?.fingerprint;
  // Another offset: the record itself is gone by retention, which the bounds tell.
  if (fingerprint === null || now?.offset !== fingerprint.offset) return false;
  return now.timestamp !== fingerprint.timestamp || now.crc !== fingerprint.crc;
}

async function findStarts(
  topicLog: TopicLog,
  source: SerializedSource,
  seen: { cursors: readonly StreamCursor[]; bounds: ReadonlyMap<number, PartitionBounds> },
): Promise<ReadonlyMap<number, number>> {
  const known = new Set(seen.cursors.map((cursor) => cursor.partition));
  const fresh = [...seen.bounds].filter(([partition]) => !known.has(partition));
  // A partition that was added later holds nothing that was ever read: from its start.
  if (known.size > 0 || source.startAt === 'earliest') {
    return new Map(fresh.map(([partition, { start }]) => [partition, start]));
  }
  if (source.startAt === 'latest') {
    return new Map(fresh.map(([partition, { end }]) => [partition, end]));
  }
  const at = await topicLog.offsetsAt(source.topic, new Date(source.startAt));
  return new Map(fresh.map(([partition, { end }]) => [partition, at.get(partition) ?? end]));
}

function findLoss(
  topic: string,
  seen: {
    cursors: readonly StreamCursor[];
    bounds: ReadonlyMap<number, PartitionBounds>;
    changed: StreamCursor | undefined;
    refused: boolean;
  },
): StreamObservation['loss'] {
  if (seen.refused) return { ...topicCompacted(topic), lost: [] };
  const recreated = findRecreated(seen);
  if (recreated !== undefined) return { ...topicRecreated(topic, recreated), lost: [] };
  const lost = seen.cursors.flatMap(({ partition, next }) => {
    const start = seen.bounds.get(partition)?.start ?? next;
    return start > next ? [{ partition, from: next, to: start }] : [];
  });
  const first = lost[0];
  return first === undefined ? null : { ...rangeLost(topic, first), lost };
}

function findRecreated(seen: {
  cursors: readonly StreamCursor[];
  bounds: ReadonlyMap<number, PartitionBounds>;
  changed: StreamCursor | undefined;
}): string | undefined {
  for (const { partition, next } of seen.cursors) {
    const bounds = seen.bounds.get(partition);
    if (bounds === undefined) return `partition ${partition} is gone`;
    if (bounds.end < next) {
      return `partition ${partition} ends at ${bounds.end}, before the cursor at ${next}`;
    }
  }
  if (seen.changed === undefined) return undefined;
  const { partition, fingerprint } = seen.changed;
  return `the record at offset ${fingerprint?.offset ?? 0} of partition ${partition} is another one`;
}
