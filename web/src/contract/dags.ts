import { z } from 'zod';

import { instant, pageQuery } from './common.ts';

export const dagResponse = z.object({
  dag_id: z.string(),
  dag_display_name: z.string(),
  is_paused: z.boolean(),
  is_stale: z.boolean(),
  last_parsed_time: instant.nullable(),
  last_parse_duration: z.number().nullable(),
  last_expired: instant.nullable(),
  bundle_name: z.string().nullable(),
  bundle_version: z.string().nullable(),
  relative_fileloc: z.string().nullable(),
  fileloc: z.string(),
  description: z.string().nullable(),
  timetable_summary: z.string().nullable(),
  timetable_description: z.string().nullable(),
  tags: z.array(z.object({ name: z.string(), dag_id: z.string(), dag_display_name: z.string() })),
  max_active_tasks: z.number().int(),
  max_active_runs: z.number().int().nullable(),
  max_consecutive_failed_dag_runs: z.number().int(),
  has_task_concurrency_limits: z.boolean(),
  has_import_errors: z.boolean(),
  next_dagrun_logical_date: instant.nullable(),
  next_dagrun_data_interval_start: instant.nullable(),
  next_dagrun_data_interval_end: instant.nullable(),
  next_dagrun_run_after: instant.nullable(),
  owners: z.array(z.string()),
  file_token: z.string(),
  /** Intervals that had no records and therefore made no run. */
  tidegate_quiet_ticks: z.number().int(),
  tidegate_checked_at: instant.nullable(),
});
export type DagResponse = z.infer<typeof dagResponse>;

export const dagCollection = z.object({
  dags: z.array(dagResponse),
  total_entries: z.number().int(),
});
export type DagCollection = z.infer<typeof dagCollection>;

export const dagListQuery = pageQuery.extend({
  dag_id_pattern: z.string().optional(),
  paused: z.stringbool().optional(),
});

export const dagPatch = z.object({ is_paused: z.boolean() });

/** `GET /api/v2/dags/{dag_id}/nextExecutions`: ours, what `tidegate dags next-execution` prints. */
export const nextExecutionsQuery = z.object({
  count: z.coerce.number().int().min(1).max(1_000).default(1),
  /** Runs whose `run_after` is later. (Default: now) */
  after: z.iso.datetime({ offset: true }).optional(),
});

export const nextExecution = z.object({
  run_id: z.string(),
  logical_date: instant.nullable(),
  data_interval_start: instant.nullable(),
  data_interval_end: instant.nullable(),
  run_after: instant,
});
export type NextExecution = z.infer<typeof nextExecution>;

export const nextExecutions = z.object({ executions: z.array(nextExecution) });
export type NextExecutions = z.infer<typeof nextExecutions>;
