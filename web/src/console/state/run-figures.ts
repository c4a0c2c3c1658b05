import type { RunColumns } from '../../contract/ui-runs-columns.ts';
import { stateOfCode, type UiTaskState } from '../../contract/ui-states.ts';

/** What a list says of a DAG's last runs. */
export interface RunFigures {
  readonly newest: NewestRun | null;
  /** Seconds a successful run takes: half and 95 % take at most that; null without any. */
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface NewestRun {
  readonly runId: string;
  readonly state: UiTaskState;
  readonly runAfterMs: number;
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly failedTasks: number;
}

export function toRunFigures(runs: RunColumns): RunFigures {
  const spans = runs.id
    .map((_, index) => ({ from: runs.start[index], to: runs.end[index], code: runs.state[index] }))
    .filter(({ code }) => code === 's')
    .flatMap(({ from, to }) => (from == null || to == null ? [] : [(to - from) / 1_000]))
    .toSorted((a, b) => a - b);
  return { newest: newestOf(runs), p50: quantile(spans, 0.5), p95: quantile(spans, 0.95) };
}

function newestOf(runs: RunColumns): NewestRun | null {
  const [runId] = runs.id;
  if (runId === undefined) return null;
  return {
    runId,
    state: stateOfCode(runs.state[0] ?? '') ?? 'none',
    runAfterMs: runs.run_after[0] ?? 0,
    startMs: runs.start[0] ?? null,
    endMs: runs.end[0] ?? null,
    failedTasks: runs.failed_tasks[0] ?? 0,
  };
}

function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

/** How many runs of a column of states are in one. */
export function countOf(states: string, code: string): number {
  return states.length - states.replaceAll(code, '').length;
}
