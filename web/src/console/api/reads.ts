import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useInfiniteQuery,
  useQuery,
} from '@tanstack/react-query';

import type { DagRunCollection } from '../../contract/dag-runs.ts';
import type { ImportErrorCollection } from '../../contract/import-errors.ts';
import type { StreamCollection } from '../../contract/streams.ts';
import type { UiDagList, UiDagPage } from '../../contract/ui-dags.ts';
import type { UiGrid } from '../../contract/ui-grid.ts';
import type { UiHome } from '../../contract/ui-home.ts';
import type { UiRun, UiRunMark } from '../../contract/ui-run.ts';
import { path, query } from './addresses.ts';
import { callApi } from './call-api.ts';

/** How often what no event tells of (lag, heartbeats) is asked again while it shows. */
const LAG_EVERY_MS = 3_000;
const DAGS_A_PAGE = 100;
const RUNS_A_PAGE = 100;
const RUNS_A_GRID = 365;
const NEWEST_RUNS = 8;

export interface DagFilter {
  readonly q?: string;
  readonly tags?: readonly string[];
  readonly owners?: readonly string[];
  readonly last_run_state?: string;
  readonly paused?: boolean;
}

export interface RunFilter {
  readonly dagId?: string;
  readonly state?: string;
  readonly runType?: string;
}

/** The first elements of every key; `live/` patches and invalidates by them. */
export const KEYS = {
  home: 'home',
  dags: 'dags',
  dag: 'dag',
  grid: 'grid',
  run: 'run',
  runs: 'runs',
  newest: 'newest',
  streams: 'streams',
  importErrors: 'import-errors',
} as const;

export function useHome() {
  return useQuery({
    queryKey: [KEYS.home],
    queryFn: ({ signal }) => callApi<UiHome>('/ui/home', { signal }),
    refetchInterval: 10_000,
  });
}

export function useDagList(filter: DagFilter) {
  return useInfiniteQuery({
    queryKey: [KEYS.dags, filter],
    queryFn: ({ signal, pageParam }) =>
      callApi<UiDagList>(`/ui/dags${query({ ...filter, limit: DAGS_A_PAGE, offset: pageParam })}`, {
        signal,
      }),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => {
      const loaded = pages.reduce((sum, { dags }) => sum + dags.length, 0);
      return loaded < last.total_entries && last.dags.length > 0 ? loaded : undefined;
    },
    placeholderData: keepPreviousData,
  });
}

export function dagQuery(dagId: string) {
  return queryOptions({
    queryKey: [KEYS.dag, dagId],
    queryFn: ({ signal }) => callApi<UiDagPage>(`/ui/dags/${path(dagId)}`, { signal }),
  });
}

export function gridQuery(dagId: string) {
  return infiniteQueryOptions({
    queryKey: [KEYS.grid, dagId],
    queryFn: ({ signal, pageParam }) =>
      callApi<UiGrid>(
        `/ui/grid/${path(dagId)}${query({ limit: RUNS_A_GRID, before: pageParam ?? undefined })}`,
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor: cursor }) => cursor ?? undefined,
  });
}

export function runQuery(dagId: string, runId: string) {
  return queryOptions({
    queryKey: [KEYS.run, dagId, runId],
    queryFn: ({ signal }) => callApi<UiRun>(`/ui/runs/${path(dagId, runId)}`, { signal }),
  });
}

/** What marking a run would do; asked again with every event of the run, so that it stays exact while it shows. */
export function useRunMark(dagId: string, runId: string, state: 'success' | 'failed') {
  return useQuery({
    queryKey: [KEYS.run, dagId, runId, 'mark', state],
    queryFn: ({ signal }) =>
      callApi<UiRunMark>(`/ui/runs/${path(dagId, runId)}/mark${query({ state })}`, { signal }),
    gcTime: 0,
    staleTime: 0,
  });
}

export function useRuns({ dagId = '~', state, runType }: RunFilter) {
  return useInfiniteQuery({
    queryKey: [KEYS.runs, dagId, state ?? '', runType ?? ''],
    queryFn: ({ signal, pageParam }) => {
      const page = { limit: RUNS_A_PAGE, offset: pageParam, state, run_type: runType };
      return callApi<DagRunCollection>(`/api/v2/dags/${path(dagId)}/dagRuns${query(page)}`, {
        signal,
      });
    },
    initialPageParam: 0,
    getNextPageParam: (last, pages) => {
      const loaded = pages.reduce((sum, { dag_runs: runs }) => sum + runs.length, 0);
      return last.dag_runs.length === RUNS_A_PAGE ? loaded : undefined;
    },
    placeholderData: keepPreviousData,
  });
}

/** The last few runs of a DAG, asked for again whenever one of its runs changes. */
export function useNewestRuns(dagId: string) {
  return useQuery({
    queryKey: [KEYS.newest, dagId],
    queryFn: ({ signal }) =>
      callApi<DagRunCollection>(
        `/api/v2/dags/${path(dagId)}/dagRuns${query({ limit: NEWEST_RUNS })}`,
        { signal },
      ),
  });
}

/** Lag is in no event: it is asked for, often where it is the subject, seldom where it is a count beside a door. */
export function useStreams(everyMs = LAG_EVERY_MS) {
  return useQuery({
    queryKey: [KEYS.streams],
    queryFn: ({ signal }) => callApi<StreamCollection>('/api/v2/streams', { signal }),
    refetchInterval: everyMs,
  });
}

export function useImportErrors() {
  return useQuery({
    queryKey: [KEYS.importErrors],
    queryFn: ({ signal }) => callApi<ImportErrorCollection>('/api/v2/importErrors', { signal }),
  });
}
