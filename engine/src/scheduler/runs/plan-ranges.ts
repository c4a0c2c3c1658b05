import type { PartitionRange } from '../../store/runs/run-ranges.ts';

/** What lies ahead of a stream in one partition. */
export interface Backlog {
  readonly partition: number;
  readonly from: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * The ranges of one run: everything ahead, at most `maxRecords` in total. A partition with little to read is
 * read whole; the others share what is left evenly, so that none starves behind a busy one. Partitions with
 * nothing ahead have no range.
 */
export function planRanges(backlogs: readonly Backlog[], maxRecords: number): PartitionRange[] {
  const waiting = backlogs.filter((backlog) => backlog.end > backlog.from);
  const smallestFirst = [...waiting].sort(
    (a, b) => a.end - a.from - (b.end - b.from) || a.partition - b.partition,
  );
  let left = maxRecords;
  const ranges = smallestFirst.map(({ partition, from, end }, place) => {
    const share = Math.ceil(left / (smallestFirst.length - place));
    const size = Math.min(end - from, share);
    left -= size;
    return { partition, from, to: from + size };
  });
  return ranges.filter((range) => range.to > range.from).sort((a, b) => a.partition - b.partition);
}

/** Sum of `to - from`: an upper bound of the records, since offsets may have gaps. */
export function countRecords(ranges: readonly PartitionRange[]): number {
  return ranges.reduce((sum, range) => sum + range.to - range.from, 0);
}
