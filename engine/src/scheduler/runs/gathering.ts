import type { StreamCursor } from '../../store/runs/stream-cursors.ts';
import type { MadeRun } from './made-run.ts';

interface Gathered {
  /** Since when records wait beside an active run; null: none has come yet. */
  since: Date | null;
  /** Why a wake-up need not look: a run is active, or as many as may be. Null: it must. */
  rests: 'active' | 'full' | null;
}

/**
 * What this scheduler knows of `onRecords` DAGs with an active run, so that the wake-ups of records that only
 * gather cost nothing. A hint: a run that ends, `within`, and the sweep look anew.
 */
export class Gathering {
  private readonly byDag = new Map<string, Gathered>();

  since(dagId: string): Date | null {
    return this.byDag.get(dagId)?.since ?? null;
  }

  /** A run of the DAG ended: the next wake-up looks. */
  runEnded(dagId: string): void {
    const known = this.byDag.get(dagId);
    if (known !== undefined) known.rests = null;
  }

  /** What came of the last look. */
  remember(dagId: string, made: MadeRun, now: Date): void {
    if (made.kind === 'outdated' || made.kind === 'superseded') return;
    const since = this.since(dagId) ?? now;
    if (made.kind === 'made') this.byDag.set(dagId, { since: null, rests: 'active' });
    else if (made.kind === 'gathering') this.byDag.set(dagId, { since, rests: 'active' });
    else if (made.kind === 'full') this.byDag.set(dagId, { since, rests: 'full' });
    else this.byDag.delete(dagId);
  }

  /**
   * What a wake-up asks for: `look`, `wait` for `within` from now on since these are the first records that
   * gather, or nothing.
   */
  wake(
    dagId: string,
    seen: {
      readonly now: Date;
      readonly upTo: number;
      readonly cursors: readonly StreamCursor[] | undefined;
      readonly ends: ReadonlyMap<number, number> | undefined;
    },
  ): 'look' | 'wait' | 'rest' {
    const known = this.byDag.get(dagId);
    if (known === undefined || known.rests === null) return 'look';
    if (known.rests === 'full') return 'rest';
    const ahead = countAhead(seen.cursors, seen.ends);
    if (ahead === undefined || ahead >= seen.upTo) return 'look';
    if (ahead === 0 || known.since !== null) return 'rest';
    known.since = seen.now;
    return 'wait';
  }

  clear(): void {
    this.byDag.clear();
  }
}

/** Undefined when the wake-up or this scheduler does not know. */
function countAhead(
  cursors: readonly StreamCursor[] | undefined,
  ends: ReadonlyMap<number, number> | undefined,
): number | undefined {
  if (cursors === undefined || ends?.size !== cursors.length) return undefined;
  return cursors.reduce(
    (sum, { partition, next }) => sum + Math.max(0, (ends.get(partition) ?? next) - next),
    0,
  );
}
