import type { SourceRange } from '@tidegate/engine/dag';

import type { ChunkPart } from './chunk.ts';

/** Offsets of a partition that a run is to load and its load does not have. */
export interface MissingRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The ranges of a run without what the ledger has of them under its load id: nothing after a load that ended, the
 * rest after one that was cut short. After a failover that lost the run, it may have been made again under its name
 * with another range; then also what lies before and behind.
 */
export function missingRanges(
  ranges: readonly SourceRange[],
  stored: readonly Pick<ChunkPart, 'partition' | 'from' | 'to'>[],
): MissingRange[] {
  return ranges.flatMap(({ partition, from, to }) => {
    const missing: MissingRange[] = [];
    const own = stored
      .filter((part) => part.partition === partition)
      .toSorted((a, b) => a.from - b.from);
    let next = from;
    for (const part of own) {
      if (part.from > next && next < to)
        missing.push({ partition, from: next, to: Math.min(part.from, to) });
      next = Math.max(next, part.to);
    }
    if (next < to) missing.push({ partition, from: next, to });
    return missing;
  });
}
