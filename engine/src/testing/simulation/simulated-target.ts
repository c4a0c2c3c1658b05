import { placeOf, type TaskRow } from '../../state/flush-rows.ts';
import type { PartitionRange } from '../../store/runs/run-ranges.ts';

/** What became of a load: applied now, found applied by an earlier try, or refused as an older one's. */
export type LoadResult = 'loaded' | 'repeated' | 'fenced';

/**
 * The tables a load writes, with what guards them: a fence token a task instance, a ledger of load ids, and
 * history folded by event. Each load is one transaction, as in `workers/src/warehouse`.
 */
export class SimulatedTarget {
  private readonly fences = new Map<number, number>();
  private readonly ledger = new Set<string>();
  private readonly history = new Map<string, Set<number>>();

  load(row: TaskRow, topic: string, ranges: readonly PartitionRange[]): LoadResult {
    const place = placeOf(row);
    if (row.token < (this.fences.get(place) ?? 0)) return 'fenced';
    this.fences.set(place, row.token);
    if (this.ledger.has(loadId(row))) return 'repeated';
    this.ledger.add(loadId(row));
    for (const { partition, from, to } of ranges) {
      const events = this.eventsOf(topic, partition);
      for (let offset = from; offset < to; offset += 1) events.add(offset);
    }
    return 'loaded';
  }

  /** True once a try of this clear number has loaded. */
  has(row: TaskRow): boolean {
    return this.ledger.has(loadId(row));
  }

  /** The offsets of `ranges` that are not in history. */
  missing(topic: string, ranges: readonly PartitionRange[]): string[] {
    return ranges.flatMap(({ partition, from, to }) => {
      const events = this.eventsOf(topic, partition);
      return Array.from({ length: to - from }, (_, at) => from + at)
        .filter((offset) => !events.has(offset))
        .map((offset) => `${partition}/${offset}`);
    });
  }

  private eventsOf(topic: string, partition: number): Set<number> {
    const name = `${topic}/${partition}`;
    const events = this.history.get(name) ?? new Set();
    this.history.set(name, events);
    return events;
  }
}

function loadId(row: TaskRow): string {
  return `${placeOf(row)}/${row.clearNumber}`;
}
