import { useMatches } from '@tanstack/react-router';

export interface Crumb {
  readonly name: string;
  readonly to?: string;
}

/** Where the page lies, from its address alone: `DAGs / orders / run scheduled__…`. */
export function useCrumbs(): readonly Crumb[] {
  const match = useMatches().at(-1);
  const params = (match?.params ?? {}) as Partial<Record<'dagId' | 'runId' | 'topic', string>>;
  const { dagId, runId, topic } = params;
  const path = match?.fullPath ?? '';
  if (dagId !== undefined && topic !== undefined) {
    return [{ name: 'Streams', to: '/streams' }, { name: topic }];
  }
  if (dagId !== undefined) {
    const dag = { name: dagId, to: `/dags/${encodeURIComponent(dagId)}` };
    const head = { name: 'DAGs', to: '/dags' };
    return runId === undefined ? [head, dag] : [head, dag, { name: `run ${shortRun(runId)}` }];
  }
  return [{ name: TITLES[path] ?? 'Not found' }];
}

const TITLES: Readonly<Record<string, string>> = {
  '/': 'Home',
  '/dags': 'DAGs',
  '/runs': 'Runs',
  '/streams': 'Streams',
};

/** A run's id without what every id of its kind begins with: `scheduled__2026-11-21T10:05:00Z` → `10:05:00`. */
export function shortRun(runId: string): string {
  const [, kind, date, clock] =
    /^([a-z_]+?)__(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)/.exec(runId) ?? [];
  if (kind === undefined || date === undefined || clock === undefined) return cutMiddle(runId, 36);
  return `${date} ${clock}`;
}

/** Long names are cut in the middle: both ends tell things apart. */
export function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(-tail)}`;
}
