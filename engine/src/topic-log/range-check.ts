import { TopicLogError } from './errors.ts';
import type { OffsetRange, PartitionBounds } from './topic-log.ts';

export interface RangeOfPartition {
  readonly topic: string;
  readonly partition: number;
  readonly range: OffsetRange;
}

/** Throws by name unless all of the range is readable now: a reader never jumps over what is gone. */
export function checkRange(asked: RangeOfPartition, bounds: PartitionBounds): void {
  const { range } = asked;
  if (range.from < bounds.start && range.from < range.to) throw rangeLost(asked, bounds);
  if (range.to > bounds.end || range.from > bounds.end) throw rangeBeyondEnd(asked, bounds);
}

/** The start of the log moved past `from` (or past where a reader stood). */
export function rangeLost(asked: RangeOfPartition, bounds: PartitionBounds): TopicLogError {
  const { topic, partition, range } = asked;
  return new TopicLogError(
    'RANGE_LOST',
    `${topic}[${partition}] starts at ${bounds.start}, the range at ${range.from}: retention removed records ` +
      'before they were read. Take a new snapshot of the source, or move the cursor to the start of the log',
    { details: { ...asked, ...bounds } },
  );
}

function rangeBeyondEnd(asked: RangeOfPartition, bounds: PartitionBounds): TopicLogError {
  const { topic, partition, range } = asked;
  return new TopicLogError(
    'RANGE_BEYOND_END',
    `${topic}[${partition}] ends at ${bounds.end}, the range at ${range.to}: the topic was re-created or ` +
      "truncated, or a transaction is still open. Check the topic, then reset the stream's cursor",
    { details: { ...asked, ...bounds } },
  );
}
