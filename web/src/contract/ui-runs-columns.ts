import { z } from 'zod';

/**
 * Runs as columns, the newest first: entry `i` of every column is run `i`. Instants are milliseconds since
 * the epoch. `state` and `run_type` are strings with one character a run (`STATE_CODES`, `RUN_TYPE_CODES`).
 */
export const runColumns = z.object({
  id: z.array(z.string()),
  state: z.string(),
  run_type: z.string(),
  run_after: z.array(z.number()),
  logical_date: z.array(z.number().nullable()),
  start: z.array(z.number().nullable()),
  end: z.array(z.number().nullable()),
  /** Tasks that failed, also in runs that ended well. */
  failed_tasks: z.array(z.number()),
  /** Number of the DAG version the run is pinned to. */
  version: z.array(z.number()),
});
export type RunColumns = z.infer<typeof runColumns>;
