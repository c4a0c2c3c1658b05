import { createStore, useStore } from '../create-store.ts';
import type { RunChange } from './patch-columns.ts';

/** Runs heard of that a list does not show yet: lists say how many there are and never push rows. */
export interface NewRun {
  readonly dagId: string;
  readonly runId: string;
  readonly state: string;
}

const MOST_KEPT = 1_000;
const heard = createStore<readonly NewRun[]>([]);

export function hearOfRun({ dag_id: dagId, dag_run_id: runId, state }: RunChange): void {
  const others = heard.get().filter((run) => run.runId !== runId || run.dagId !== dagId);
  heard.set([...others, { dagId, runId, state }].slice(-MOST_KEPT));
}

/** They were asked for: what is heard from now on is new. */
export function forgetNewRuns(): void {
  heard.set([]);
}

export function useNewRuns(): readonly NewRun[] {
  return useStore(heard);
}
