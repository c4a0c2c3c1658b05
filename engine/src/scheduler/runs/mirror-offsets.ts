import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Sql } from '../../store/db.ts';
import { listOpenRanges } from '../../store/runs/run-ranges.ts';
import { listCursors, settleCursors } from '../../store/runs/stream-cursors.ts';
import type { TopicLog } from '../../topic-log/topic-log.ts';
import { settle } from './plan-stream.ts';

/** Shows ordinary lag tools how far a DAG has loaded its topic. */
export interface OffsetMirror {
  /** Something of this stream may have been loaded; acted upon at most once a second. */
  touch(stream: { readonly dagId: string; readonly topic: string }): void;
  close(): Promise<void>;
}

const EVERY_MS = 1_000;

export function mirrorGroup(dagId: string): string {
  return `tidegate-${dagId}`;
}

/** Mirrors the lowest hole of each stream, best effort: nothing ever reads it back. */
export function createOffsetMirror(
  reader: { readonly sql: Sql; readonly topicLog: TopicLog },
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): OffsetMirror {
  const touched = new Map<string, { dagId: string; topic: string }>();
  const mirrored = new Map<string, string>();
  let cancel: (() => void) | undefined;
  let working: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    const streams = [...touched];
    touched.clear();
    for (const [key, stream] of streams) {
      try {
        const done = await settleStream(reader, stream);
        const text = [...done].join();
        if (done.size === 0 || mirrored.get(key) === text) continue;
        await reader.topicLog.mirrorOffsets(mirrorGroup(stream.dagId), stream.topic, done);
        mirrored.set(key, text);
      } catch (err) {
        log.warn({ err, ...stream }, 'finished offsets were not mirrored');
      }
    }
  };
  const arm = (): void => {
    cancel ??= clock.after(EVERY_MS, () => {
      cancel = undefined;
      working = (working ?? Promise.resolve()).then(flush);
    });
  };
  return {
    touch: (stream) => {
      touched.set(`${stream.dagId} ${stream.topic}`, stream);
      arm();
    },
    close: async () => {
      cancel?.();
      await working;
    },
  };
}

/** Up to where each partition is loaded without a hole; writes it down. */
export async function settleStream(
  { sql }: { readonly sql: Sql },
  stream: { readonly dagId: string; readonly topic: string },
): Promise<ReadonlyMap<number, number>> {
  // Cursors first: a range pinned after them lies beyond, one pinned before them is in the list.
  const cursors = await listCursors(sql, stream);
  const open = await listOpenRanges(sql, stream);
  const done = new Map(cursors.map((cursor) => [cursor.partition, settle(cursor, open).done]));
  const moved = new Map(
    cursors.flatMap(({ partition, done: before }) => {
      const now = done.get(partition) ?? before;
      return now > before ? [[partition, now] as const] : [];
    }),
  );
  if (moved.size > 0) await settleCursors(sql, stream, moved);
  return done;
}
