import type { LimitRow, RunRow, TaskRow } from '../../state/flush-rows.ts';
import { resettleRun, slotsByPool, type WholeRun } from '../../state/resettle-run.ts';

/** What a person or the end of a run does to it as a whole: everything derived follows by itself. */
export type WholeRunChange = (whole: WholeRun) => void;

export interface MemoryRewritten {
  readonly run: RunRow;
  readonly rows: readonly TaskRow[];
}

/** Changes copies of a run's rows and moves its slots, as `store/rewrite` does in one transaction. */
export function rewriteInMemory(
  whole: WholeRun,
  limits: ReadonlyMap<string, LimitRow>,
  change: WholeRunChange,
): MemoryRewritten {
  const { run, rows, flow } = whole;
  const held = slotsByPool(flow, rows);
  change(whole);
  const outcome = resettleRun(whole);
  if (run.state === 'running' && outcome.state !== 'running') run.state = outcome.state;
  const holds = slotsByPool(flow, rows);
  for (const pool of new Set([...held.keys(), ...holds.keys()])) {
    const limit = limits.get(`pool:${pool}`);
    if (limit !== undefined) limit.used += (holds.get(pool) ?? 0) - (held.get(pool) ?? 0);
  }
  return { run, rows };
}
