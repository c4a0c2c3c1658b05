import type { Grant } from '../../execution/contract.ts';
import type { Demand, FlushBatch, Report } from '../../state/flush-batch.ts';
import type { TaskRef } from '../../state/flush-rows.ts';
import type { RunInfoCache } from '../../store/flush/run-info.ts';

export interface FinishAnswer {
  readonly verdicts: readonly ('accepted' | 'stale')[];
  readonly grants: readonly Grant[];
}

/** A waiting worker. `answer` says whether it still listens. */
export interface Poll {
  readonly demand: Demand;
  readonly answer: (grants: readonly Grant[]) => boolean;
}

/** Reports that came together. */
export interface Entry {
  readonly reports: readonly Report[];
  readonly demand: Demand | null;
  readonly resolve: (answer: FinishAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Everything one flush takes on. Its demands are those of the entries, then those of the polls. */
export interface Work extends Pick<FlushBatch, 'demands' | 'candidates' | 'wakes' | 'begins'> {
  readonly entries: readonly Entry[];
  readonly polls: readonly Poll[];
}

/** What came with one entry, and nothing else. */
export function workOf(entry: Entry): Work {
  return { entries: [entry], polls: [], demands: [], candidates: [], wakes: [], begins: [] };
}

export function reportsOf(entries: readonly Entry[]): Report[] {
  return entries.flatMap((entry) => entry.reports);
}

export function demandsOf(entries: readonly Entry[]): Demand[] {
  return entries.flatMap((entry) => entry.demand ?? []);
}

export function runKeysOf(work: Work): number[] {
  const refs = [...reportsOf(work.entries), ...work.wakes, ...work.candidates];
  return [...refs.map((ref) => ref.runKey), ...work.begins];
}

/** What the database is asked to do for it; what names no task of a known run is left out. */
export function batchOf(
  work: Work,
  { cache, ...rest }: Pick<FlushBatch, 'nowMs' | 'queuesRest'> & { readonly cache: RunInfoCache },
): FlushBatch {
  const isKnown = ({ runKey, ix }: TaskRef): boolean =>
    cache.get(runKey)?.flow.tasks[ix] !== undefined;
  return {
    ...rest,
    reports: reportsOf(work.entries).filter(isKnown),
    wakes: work.wakes.filter(isKnown),
    begins: work.begins.filter((runKey) => cache.get(runKey) !== undefined),
    demands: work.demands,
    candidates: work.candidates.filter(isKnown),
  };
}

export function isEmpty({ reports, wakes, begins, candidates }: FlushBatch): boolean {
  return reports.length + wakes.length + begins.length + candidates.length === 0;
}
