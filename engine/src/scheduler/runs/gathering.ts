import type { StreamCursor } from '../../store/runs/stream-cursors.ts';
import type { MadeRun } from './made-run.ts';

interface Gathered {
  /** Since when records wait beside an active run; null: none has come yet. */
  since: Date | null;
  /** Why a wake-up need not look: a run is active, or as many as may be. */
  readonly rests: 'active' | 'full';
}

export type Wanted = 'look' | 'wait' | 'rest';

interface Seen {
  readonly now: Date;
  readonly upTo: number;
  readonly cursors: readonly StreamCursor[] | undefined;
}

/**
 * What this scheduler knows of `onRecords` DAGs with an active run, so that the wake-ups of records that only
 * gather cost nothing. A hint: a run that ends, `within`, and the sweep look anew.
 */
export class Gathering {
  private readonly byDag = new Map<string, Gathered>();
  /** Whose next look looks whatever is known, also by a look that was under way when it was asked for. */
  private readonly anew = new Set<string>();
  /** Where a look is under way, which may have seen the log before the latest records. */
  private readonly looking = new Set<string>();
  /** What the last wake-up said of the log. */
  private readonly ends = new Map<string, ReadonlyMap<number, number> | undefined>();

  since(dagId: string): Date | null {
    return this.byDag.get(dagId)?.since ?? null;
  }

  /** A run of the DAG ended, `within` is over, a sweep, a look that failed: whoever asks next looks. */
  lookAnew(dagId: string): void {
    this.anew.add(dagId);
  }

  /** What came of the last look. */
  remember(dagId: string, made: MadeRun, now: Date): void {
    if (made.kind === 'superseded') return;
    if (made.kind === 'outdated') {
      this.lookAnew(dagId);
      return;
    }
    const since = this.since(dagId) ?? now;
    if (made.kind === 'made') this.byDag.set(dagId, { since: null, rests: 'active' });
    else if (made.kind === 'gathering') this.byDag.set(dagId, { since, rests: 'active' });
    else if (made.kind === 'full') this.byDag.set(dagId, { since, rests: 'full' });
    else this.byDag.delete(dagId);
  }

  /** Records came, and what the wake-up tells of the log. */
  wake(dagId: string, ends: ReadonlyMap<number, number> | undefined, seen: Seen): Wanted {
    this.ends.set(dagId, ends);
    return this.looking.has(dagId) ? 'look' : this.wanted(dagId, seen);
  }

  /**
   * A look begins, if it is wanted still: records that came during the one before asked for it, and may have
   * a run to gather beside by now.
   */
  begin(dagId: string, seen: Seen): Wanted {
    const wanted = this.wanted(dagId, seen);
    this.anew.delete(dagId);
    if (wanted === 'look') this.looking.add(dagId);
    return wanted;
  }

  /** The look that began is over, however it went. */
  end(dagId: string): void {
    this.looking.delete(dagId);
  }

  /** Forgets what is known; a look under way stays one. */
  clear(): void {
    this.byDag.clear();
    this.anew.clear();
    this.ends.clear();
  }

  /**
   * What the records ask for that have come so far: `look`, `wait` for `within` from now on since these are
   * the first that gather, or nothing.
   */
  private wanted(dagId: string, { now, upTo, cursors }: Seen): Wanted {
    const known = this.byDag.get(dagId);
    if (known === undefined || this.anew.has(dagId)) return 'look';
    if (known.rests === 'full') return 'rest';
    const ahead = countAhead(cursors, this.ends.get(dagId));
    if (ahead === undefined || ahead >= upTo) return 'look';
    if (ahead === 0 || known.since !== null) return 'rest';
    known.since = now;
    return 'wait';
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
