import type { InfiniteData, QueryClient, QueryKey } from '@tanstack/react-query';

import { KEYS } from '../api/reads.ts';
import type { DagRunCollection } from '../../contract/dag-runs.ts';
import type { UiDagList } from '../../contract/ui-dags.ts';
import type { UiGrid } from '../../contract/ui-grid.ts';
import type { UiRun } from '../../contract/ui-run.ts';
import { hearOfRun } from './new-runs.ts';
import { patchColumns, type RunChange } from './patch-columns.ts';
import { patchGrid } from './patch-grid.ts';
import { patchDagRun, patchRun } from './patch-run.ts';
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
  patchPages<UiDagList>(client, [KEYS.dags], (page) => {
    const index = page.dags.findIndex(({ dag_id: id }) => id === change.dag_id);
    const dag = page.dags[index];
    if (dag === undefined) return page;
    const runs = patchColumns(dag.runs, change);
    if (runs !== dag.runs) return { ...page, dags: page.dags.with(index, { ...dag, runs }) };
    isKnown = false;
    return page;
  });
  return isKnown;
}

/** False when the grid is at hand and has not the run: it is new. */
function patchGrids(client: QueryClient, change: RunChange): boolean {
  const key = [KEYS.grid, change.dag_id];
  const { asked, patched } = patchPages<UiGrid>(client, key, (page) => patchGrid(page, change));
  return patched === asked;
}

/** False when no list of runs shows it. */
function patchRuns(client: QueryClient, change: RunChange): boolean {
  const { patched } = patchPages<DagRunCollection>(client, [KEYS.runs], (page) => {
    const index = page.dag_runs.findIndex(
      (run) => run.dag_run_id === change.dag_run_id && run.dag_id === change.dag_id,
    );
    const run = page.dag_runs[index];
    if (run === undefined) return page;
    return { ...page, dag_runs: page.dag_runs.with(index, patchDagRun(run, change)) };
  });
  return patched > 0;
}

/**
 * Patches the pages of every cached list below a key; answers how many there are and how many changed. A list with
 * none of its pages changed is not touched: writing it again would draw it anew and make it pass for fresh.
 */
function patchPages<Page>(
  client: QueryClient,
  queryKey: QueryKey,
  patch: (page: Page) => Page,
): { readonly asked: number; readonly patched: number } {
  let [asked, patched] = [0, 0];
  client.setQueriesData<InfiniteData<Page>>({ queryKey }, (data) => {
    if (data === undefined) return undefined;
    asked += 1;
    const pages = data.pages.map(patch);
    if (pages.every((page, index) => page === data.pages[index])) return undefined;
    patched += 1;
    return { ...data, pages };
  });
  return { asked, patched };
}
