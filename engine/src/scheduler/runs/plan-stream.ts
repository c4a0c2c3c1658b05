import { isDeepStrictEqual } from 'node:util';

import type { SerializedSource } from '../../dag/serialized-dag.ts';
import type { OpenRange } from '../../store/runs/run-ranges.ts';
import type { CursorMove, StreamCursor } from '../../store/runs/stream-cursors.ts';
import type { StreamObservation } from './observe-stream.ts';
import { countRecords, type Backlog } from './plan-ranges.ts';

/** What is read of a stream while its cursors are locked. */
export interface LockedStream {
  readonly cursors: readonly StreamCursor[];
  readonly open: readonly OpenRange[];
}

/** A stream under lock: what a live run of it may take. */
export interface StreamPlan {
  readonly source: SerializedSource;
  readonly backlogs: readonly Backlog[];
  /** Sum of the backlogs. */
  readonly pending: number;
  /** The run whose failed range blocks the stream. */
  readonly blockedBy: number | null;
  readonly loss: StreamObservation['loss'];
  /** The cursors as they stand, settled: what to write for those no range moves. */
  readonly standing: readonly CursorMove[];
}

/**
 * Compares the locked cursors with what was observed before the transaction. With `restOnly`, plans up to
 * where the log ended at the last plan and not beyond: the rest of a range that was too large.
 *
 * Undefined when the observation is out of date in a way that matters: look again.
 */
export function planStream(
  source: SerializedSource,
  { cursors, open }: LockedStream,
  seen: { readonly observation: StreamObservation; readonly restOnly: boolean },
): StreamPlan | undefined {
  const { bounds, starts, loss } = seen.observation;
  if (isOutdated(cursors, seen.observation)) return undefined;
  const standing = [
    ...cursors.map((cursor) => settle(cursor, open)),
    ...[...starts].map(([partition, start]) => ({
      partition,
      next: start,
      done: start,
      logEnd: start,
    })),
  ];
  const backlogs = standing.map(({ partition, next, logEnd }) => {
    const end = seen.restOnly ? logEnd : (bounds.get(partition)?.end ?? next);
    // Another scheduler may have planned by newer bounds meanwhile: then nothing is ahead.
    return { partition, from: next, end: Math.max(next, end) };
  });
  const failed = open.find((range) => range.state === 'failed');
  return {
    source,
    backlogs,
    pending: countRecords(backlogs.map(({ end, ...rest }) => ({ ...rest, to: end }))),
    blockedBy: source.onFailedRange === 'block' && failed !== undefined ? failed.runKey : null,
    loss,
    standing,
  };
}

/** A first start that another scheduler has made, a partition it has found, a loss it has dealt with. */
function isOutdated(cursors: readonly StreamCursor[], observation: StreamObservation): boolean {
  const next = new Map(cursors.map((cursor) => [cursor.partition, cursor.next]));
  const lost = observation.loss?.lost ?? [];
  // A loss by cursors that have moved since is none: the stream may have been reset.
  if (observation.loss !== null && !isDeepStrictEqual(cursors, observation.cursors)) return true;
  return (
    [...observation.starts.keys()].some((partition) => next.has(partition)) ||
    [...observation.bounds.keys()].some(
      (partition) => !next.has(partition) && !observation.starts.has(partition),
    ) ||
    lost.some(({ partition, from }) => next.get(partition) !== from)
  );
}

/** Moves `done` up to the first range that is not loaded. */
export function settle(cursor: StreamCursor, open: readonly OpenRange[]): CursorMove {
  const { partition, next, logEnd } = cursor;
  const hole = open.find((range) => range.partition === partition && range.state !== 'success');
  return { partition, next, done: hole?.from ?? next, logEnd };
}
