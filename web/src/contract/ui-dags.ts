import { z } from 'zod';

import { instant, orderBy, pageQuery, repeated } from './common.ts';
import { dagDetailsResponse } from './dags.ts';
import { runState } from './run-words.ts';
import { runColumns } from './ui-runs-columns.ts';

/** `GET /ui/dags`: the DAG list, each with its last runs. */
export const uiDagListQuery = pageQuery.extend({
  /** Part of the id, any case. */
  q: z.string().max(250).optional(),
  tags: repeated(z.string()),
  owners: repeated(z.string()),
  paused: z.stringbool().optional(),
  /** State of the newest run. */
  last_run_state: runState.optional(),
  has_import_errors: z.stringbool().optional(),
  /** How many of the newest runs come with each DAG. */
  runs: z.coerce.number().int().min(0).max(60).default(30),
  order_by: orderBy(['dag_id', 'next_dagrun', 'last_run_start_date']),
});
export type UiDagListQuery = z.infer<typeof uiDagListQuery>;

export const uiDag = z.object({
  dag_id: z.string(),
  description: z.string().nullable(),
  owner: z.string().nullable(),
  tags: z.array(z.string()),
  is_paused: z.boolean(),
  /** Its file no longer exports it. */
  is_stale: z.boolean(),
  has_import_error: z.boolean(),
  file: z.string(),
  /** `every 5 s`, `0 2 * * *`, `on records`; null: only by hand. */
  schedule: z.string().nullable(),
  next_run_after: instant.nullable(),
  /** Topic its live runs get ranges of. */
  topic: z.string().nullable(),
  version: z.number().int(),
  tasks: z.number().int(),
  /** Runs queued or running now. */
  active_runs: z.number().int(),
  /** Intervals without records, which made no run; and when the last of them was looked at. */
  quiet_ticks: z.number().int(),
  checked_at: instant.nullable(),
  runs: runColumns,
});
export type UiDag = z.infer<typeof uiDag>;

export const uiDagList = z.object({
  dags: z.array(uiDag),
  total_entries: z.number().int(),
});
export type UiDagList = z.infer<typeof uiDagList>;

/** A task of a graph: edges are `upstream`, by task id. */
export const uiTask = z.object({
  task_id: z.string(),
  /** Outermost group first. */
  group: z.array(z.string()),
  kind: z.enum(['task', 'branch', 'short_circuit', 'sensor']),
  upstream: z.array(z.string()),
  trigger_rule: z.string(),
  retries: z.number().int(),
  pool: z.string(),
  queue: z.string(),
});
export type UiTask = z.infer<typeof uiTask>;

/** `GET /ui/dags/{dag_id}`: the head of a DAG's pages and what its trigger form needs. */
export const uiDagPage = z.object({
  dag: dagDetailsResponse,
  version: z.number().int(),
  topic: z.string().nullable(),
  tasks: z.array(uiTask),
  /** JSON Schema of the params; null when the DAG takes none. */
  params_schema: z.record(z.string(), z.unknown()).nullable(),
  /** Inputs of the last manual runs, the newest first, each once, ten at most. */
  recent_inputs: z.array(
    z.object({
      dag_run_id: z.string(),
      conf: z.record(z.string(), z.unknown()),
      triggered_by: z.string().nullable(),
      at: instant,
    }),
  ),
});
export type UiDagPage = z.infer<typeof uiDagPage>;
