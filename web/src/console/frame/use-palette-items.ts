import { useQuery } from '@tanstack/react-query';
import { type NavigateFn, useNavigate, useParams } from '@tanstack/react-router';

import type { DagRunResponse } from '../../contract/dag-runs.ts';
import type { UiDag } from '../../contract/ui-dags.ts';
import { runQuery, useDagList, useRuns } from '../api/reads.ts';
import { useMayChange } from '../api/session.ts';
import { useSetPaused } from '../api/writes.ts';
import { showKeyboardHelp } from '../keyboard/help-state.ts';
import { isFinished } from '../state/state-style.ts';
import { setTheme, THEMES } from '../theme/theme.ts';
import { DESTINATIONS } from './navigation.ts';
import type { PaletteItem } from './rank-items.ts';

/** Everything the palette can find: pages, DAGs and runs, and what one may do to them. */
export function usePaletteItems(typed: string): readonly PaletteItem[] {
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const setPaused = useSetPaused();
  const dags = useDagsNamed(typed);
  const runs = useRunsAtHand();
  return [
    ...DESTINATIONS.map(({ to, name, keys }) => ({
      id: `go ${to}`,
      kind: 'Go to',
      name,
      keys,
      run: () => void navigate({ to }),
    })),
    ...dags.map(({ dag_id: dagId }) => ({
      id: `dag ${dagId}`,
      kind: 'DAG',
      name: dagId,
      run: () => void navigate({ to: '/dags/$dagId', params: { dagId } }),
    })),
    ...(mayChange ? dags.flatMap((dag) => dagVerbs(dag, navigate, setPaused.mutate)) : []),
    ...(mayChange ? runs.flatMap((run) => cancelVerb(run, navigate)) : []),
    ...runs.map(({ dag_id: dagId, dag_run_id: runId }) => ({
      id: `run ${dagId} ${runId}`,
      kind: 'Run',
      name: `${dagId} ${runId}`,
      run: () => void navigate({ to: '/dags/$dagId/runs/$runId', params: { dagId, runId } }),
    })),
    ...THEMES.map((theme) => ({
      id: `theme ${theme}`,
      kind: 'Theme',
      name: theme,
      run: () => setTheme(theme),
    })),
    { id: 'keys', kind: 'Show', name: 'all keys', keys: '?', run: showKeyboardHelp },
  ];
}

/** Few DAGs are all at hand, so that nothing moves while one types; of many those with the word are asked for. */
function useDagsNamed(typed: string): readonly UiDag[] {
  const word = typed.trim().split(/\s+/).at(-1) ?? '';
  const all = useDagList({});
  const dags = useDagList(all.hasNextPage ? { q: word } : {});
  return dags.data?.pages.flatMap((page) => page.dags) ?? [];
}

/** The run that shows, then the newest ones. */
function useRunsAtHand(): readonly DagRunResponse[] {
  const { dagId = '', runId = '' } = useParams({ strict: false });
  const shown = useQuery({ ...runQuery(dagId, runId), enabled: runId !== '' });
  const newest = useRuns({}).data?.pages[0]?.dag_runs ?? [];
  const run = shown.data?.run;
  if (run === undefined) return newest;
  const isOther = (one: DagRunResponse) =>
    one.dag_id !== run.dag_id || one.dag_run_id !== run.dag_run_id;
  return [run, ...newest.filter(isOther)];
}

type SetPaused = (change: { readonly dagId: string; readonly isPaused: boolean }) => void;

function dagVerbs(
  { dag_id: dagId, is_paused: isPaused }: UiDag,
  navigate: NavigateFn,
  setPaused: SetPaused,
): readonly PaletteItem[] {
  return [
    {
      id: `trigger ${dagId}`,
      kind: 'Trigger',
      name: dagId,
      run: () =>
        void navigate({ to: '/dags/$dagId', params: { dagId }, search: { trigger: dagId } }),
    },
    {
      id: `pause ${dagId}`,
      kind: isPaused ? 'Unpause' : 'Pause',
      name: dagId,
      run: () => setPaused({ dagId, isPaused: !isPaused }),
    },
  ];
}

/** Leads to the run with the question open: what is stopped shows before it is. */
function cancelVerb(run: DagRunResponse, navigate: NavigateFn): readonly PaletteItem[] {
  const { dag_id: dagId, dag_run_id: runId, state } = run;
  if (isFinished(state)) return [];
  return [
    {
      id: `cancel ${dagId} ${runId}`,
      kind: 'Cancel run',
      name: `${dagId} ${runId}`,
      run: () =>
        void navigate({
          to: '/dags/$dagId/runs/$runId',
          params: { dagId, runId },
          search: { do: 'cancel' },
        }),
    },
  ];
}
