import { useSyncExternalStore } from 'react';

import type { RunChange } from './patch-columns.ts';

/** Runs heard of that a list does not show yet: lists say how many there are and never push rows. */
export interface NewRun {
  readonly dagId: string;
  readonly runId: string;
  readonly state: string;
}

const MOST_KEPT = 1_000;
let heard: readonly NewRun[] = [];
const listeners = new Set<() => void>();

export function hearOfRun({ dag_id: dagId, dag_run_id: runId, state }: RunChange): void {
  const others = heard.filter((run) => run.runId !== runId || run.dagId !== dagId);
  heard = [...others, { dagId, runId, state }].slice(-MOST_KEPT);
  for (const listener of listeners) listener();
}

/** They were asked for: what is heard from now on is new. */
export function forgetNewRuns(): void {
  heard = [];
  for (const listener of listeners) listener();
}

export function useNewRuns(): readonly NewRun[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => heard,
  );
}
