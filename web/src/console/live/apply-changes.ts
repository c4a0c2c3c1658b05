import type { InfiniteData, QueryClient } from '@tanstack/react-query';

import { KEYS } from '../api/reads.ts';
import type { DagRunCollection } from '../../contract/dag-runs.ts';
import type { UiDagList } from '../../contract/ui-dags.ts';
import type { UiGrid } from '../../contract/ui-grid.ts';
import type { UiRun } from '../../contract/ui-run.ts';
import { hearOfRun } from './new-runs.ts';
import { patchColumns, type RunChange } from './patch-columns.ts';
import { patchGrid } from './patch-grid.ts';
import { patchRun } from './patch-run.ts';
import type { Refetches } from './refetches.ts';

/**
 * Shows changes at once by patching what is cached, and asks again, a little later and once for many changes,
 * for what a change does not carry: new runs, times of tries, failures, counts.
 */
export function applyChanges(
  client: QueryClient,
  changes: readonly RunChange[],
  refetches: Refetches,
): void {
  for (const change of changes) {
    const isKnown = [patchLists(client, change), patchGrids(client, change)].every(Boolean);
    if (!isKnown) {
      refetches.soon([KEYS.dags]);
      refetches.soon([KEYS.grid, change.dag_id]);
    }
    client.setQueryData<UiRun>([KEYS.run, change.dag_id, change.dag_run_id], (page) =>
      page === undefined ? undefined : patchRun(page, change),
    );
    refetches.soon([KEYS.run, change.dag_id, change.dag_run_id]);
    if (!patchRuns(client, change)) hearOfRun(change);
    refetches.later([KEYS.newest, change.dag_id]);
  }
  if (changes.length > 0) refetches.later([KEYS.home]);
}

/** False when the list has the DAG but not the run: it is new. */
function patchLists(client: QueryClient, change: RunChange): boolean {
  let isKnown = true;
  client.setQueriesData<InfiniteData<UiDagList>>({ queryKey: [KEYS.dags] }, (data) => {
    if (data === undefined) return data;
    const pages = data.pages.map((page) => {
      const index = page.dags.findIndex(({ dag_id: id }) => id === change.dag_id);
      const dag = page.dags[index];
      if (dag === undefined) return page;
      const runs = patchColumns(dag.runs, change);
      if (runs === dag.runs) {
        isKnown = false;
        return page;
      }
      return { ...page, dags: page.dags.with(index, { ...dag, runs }) };
    });
    return { ...data, pages };
  });
  return isKnown;
}

function patchGrids(client: QueryClient, change: RunChange): boolean {
  let isKnown = true;
  client.setQueryData<InfiniteData<UiGrid>>([KEYS.grid, change.dag_id], (data) => {
    if (data === undefined) return data;
    const pages = data.pages.map((page) => patchGrid(page, change));
    isKnown = pages.some((page, index) => page !== data.pages[index]);
    return isKnown ? { ...data, pages } : data;
  });
  return isKnown;
}

/** False when no list of runs shows it. */
function patchRuns(client: QueryClient, change: RunChange): boolean {
  let isKnown = false;
  client.setQueriesData<InfiniteData<DagRunCollection>>({ queryKey: [KEYS.runs] }, (data) => {
    if (data === undefined) return data;
    const pages = data.pages.map((page) => {
      const index = page.dag_runs.findIndex(
        (run) => run.dag_run_id === change.dag_run_id && run.dag_id === change.dag_id,
      );
      const run = page.dag_runs[index];
      if (run === undefined) return page;
      isKnown = true;
      const patched = {
        ...run,
        state: change.state,
        end_date: change.end === null ? null : new Date(change.end).toISOString(),
        duration:
          change.end === null || change.start === null ? null : (change.end - change.start) / 1_000,
        tidegate_failed_tasks: change.failed_tasks,
      };
      return { ...page, dag_runs: page.dag_runs.with(index, patched) };
    });
    return { ...data, pages };
  });
  return isKnown;
}
