import type { UiDag } from '../../../contract/ui-dags.ts';

export type BulkVerb = 'pause' | 'unpause' | 'trigger';

export interface VerbWords {
  /** `Pause`. */
  readonly verb: string;
  /** `is paused`, of one DAG after it was done. */
  readonly done: string;
  readonly lead: string;
  /** Why a DAG is left out. */
  readonly leftOut: string;
}

export const VERB_WORDS: Readonly<Record<BulkVerb, VerbWords>> = {
  pause: {
    verb: 'Pause',
    done: 'is paused',
    lead: 'Their schedules make no more runs; runs under way wait before their next task.',
    leftOut: 'is paused already',
  },
  unpause: {
    verb: 'Unpause',
    done: 'is active',
    lead: 'Their schedules make runs again, and runs that waited go on.',
    leftOut: 'is active already',
  },
  trigger: {
    verb: 'Trigger',
    done: 'is triggered',
    lead: 'One run each, with the defaults of its params.',
    leftOut: 'its file exports it no longer',
  },
};

/** The DAGs a verb would change, and those it would not. */
export function splitFor(
  verb: BulkVerb,
  dags: readonly UiDag[],
): { readonly changed: readonly UiDag[]; readonly leftOut: readonly UiDag[] } {
  const isChanged = (dag: UiDag) =>
    verb === 'trigger' ? !dag.is_stale : dag.is_paused === (verb === 'unpause');
  return { changed: dags.filter(isChanged), leftOut: dags.filter((dag) => !isChanged(dag)) };
}
