import type { Sql } from '../../store/db.ts';
import { listStreams } from '../../store/runs/list-streams.ts';
import { listCursors } from '../../store/runs/stream-cursors.ts';
import { isTopicLogError } from '../../topic-log/errors.ts';
import type { TopicLog } from '../../topic-log/topic-log.ts';
import { settleStream } from './mirror-offsets.ts';

/** How far a DAG is behind one partition of its topic. */
export interface PartitionLag {
  readonly dagId: string;
  readonly topic: string;
  readonly partition: number;
  /** The next live range starts here. */
  readonly cursor: number;
  /** Up to here everything is loaded: the lowest hole. */
  readonly done: number;
  readonly logStart: number;
  readonly logEnd: number;
  /** Offsets not loaded yet: an upper bound of records. */
  readonly recordsBehind: number;
  /** Age of the first record not loaded yet; 0 when there is none, null when it is gone or its time unknown. */
  readonly secondsBehind: number | null;
}

export interface StreamLag {
  readonly dagId: string;
  readonly topic: string;
  readonly isPaused: boolean;
  /** False: the topic does not exist (yet). */
  readonly topicExists: boolean;
  readonly checkedAt: Date | null;
  readonly partitions: readonly PartitionLag[];
}

/** Lag of every DAG with a source, or of one DAG. */
export async function readStreamLag(
  reader: { readonly sql: Sql; readonly topicLog: TopicLog },
  asked: { readonly now: Date; readonly dagId?: string },
): Promise<StreamLag[]> {
  const streams = await listStreams(reader.sql, asked.dagId ?? null);
  return Promise.all(
    streams.map(async (stream) => {
      const partitions = await readPartitions(reader, stream, asked.now);
      return { ...stream, topicExists: partitions !== undefined, partitions: partitions ?? [] };
    }),
  );
}

async function readPartitions(
  reader: { readonly sql: Sql; readonly topicLog: TopicLog },
  stream: { readonly dagId: string; readonly topic: string },
  now: Date,
): Promise<PartitionLag[] | undefined> {
  const { dagId, topic } = stream;
  try {
    const bounds = await reader.topicLog.bounds(topic);
    const done = await settleStream(reader, stream);
    const cursors = await listCursors(reader.sql, stream);
    const next = new Map(cursors.map((cursor) => [cursor.partition, cursor.next]));
    return await Promise.all(
      [...bounds].map(async ([partition, { start, end }]): Promise<PartitionLag> => {
        const loaded = done.get(partition) ?? start;
        return {
          dagId,
          topic,
          partition,
          cursor: next.get(partition) ?? start,
          done: loaded,
          logStart: start,
          logEnd: end,
          recordsBehind: Math.max(0, end - loaded),
          secondsBehind: await readAge(reader.topicLog, {
            topic,
            partition,
            loaded,
            start,
            end,
            now,
          }),
        };
      }),
    );
  } catch (error) {
    if (isTopicLogError(error, 'TOPIC_MISSING')) return undefined;
    throw error;
  }
}

async function readAge(
  topicLog: TopicLog,
  at: { topic: string; partition: number; loaded: number; start: number; end: number; now: Date },
): Promise<number | null> {
  if (at.loaded >= at.end) return 0;
  if (at.loaded < at.start) return null;
  const first = await topicLog.fingerprint(at.topic, at.partition, at.loaded);
  // "At or before": another record than the first one means that offset is a gap; it is no older.
  if (first === undefined) return null;
  return Math.max(0, (at.now.getTime() - first.timestamp) / 1_000);
}
