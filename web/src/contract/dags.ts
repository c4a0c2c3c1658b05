import { z } from 'zod';

import { givenInstant, instant, orderBy, pageQuery, repeated } from './common.ts';
import { runState, runType } from './run-words.ts';

/** What list and details have in common, as Airflow's. */
const dagFields = {
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
  timetable_partitioned: z.boolean(),
  timetable_periodic: z.boolean(),
  tags: z.array(z.object({ name: z.string(), dag_id: z.string(), dag_display_name: z.string() })),
  max_active_tasks: z.number().int(),
  max_active_runs: z.number().int().nullable(),
  max_consecutive_failed_dag_runs: z.number().int(),
  has_task_concurrency_limits: z.boolean(),
  has_import_errors: z.boolean(),
  is_backfillable: z.boolean(),
  allowed_run_types: z.array(runType).nullable(),
  next_dagrun_logical_date: instant.nullable(),
  next_dagrun_data_interval_start: instant.nullable(),
  next_dagrun_data_interval_end: instant.nullable(),
  next_dagrun_run_after: instant.nullable(),
  owners: z.array(z.string()),
  file_token: z.string(),
  /** Intervals that had no records and therefore made no run. */
  tidegate_quiet_ticks: z.number().int(),
  tidegate_checked_at: instant.nullable(),
};

export const dagResponse = z.object(dagFields);
export type DagResponse = z.infer<typeof dagResponse>;

export const dagCollection = z.object({
  dags: z.array(dagResponse),
  total_entries: z.number().int(),
});
export type DagCollection = z.infer<typeof dagCollection>;

export const dagVersionResponse = z.object({
  id: z.string(),
  version_number: z.number().int(),
  dag_id: z.string(),
  dag_display_name: z.string(),
  bundle_name: z.string().nullable(),
  bundle_version: z.string().nullable(),
  bundle_url: z.string().nullable(),
  created_at: instant,
});
export type DagVersionResponse = z.infer<typeof dagVersionResponse>;

export const dagVersionCollection = z.object({
  dag_versions: z.array(dagVersionResponse),
  total_entries: z.number().int(),
});
export type DagVersionCollection = z.infer<typeof dagVersionCollection>;

export const dagDetailsResponse = z.object({
  ...dagFields,
  catchup: z.boolean(),
  concurrency: z.number().int(),
  dag_run_timeout: z.string().nullable(),
  asset_expression: z.null(),
  doc_md: z.string().nullable(),
  start_date: instant.nullable(),
  end_date: instant.nullable(),
  is_paused_upon_creation: z.boolean().nullable(),
  params: z.record(z.string(), z.unknown()).nullable(),
  render_template_as_native_obj: z.boolean(),
  rerun_with_latest_version: z.boolean().nullable(),
  template_search_path: z.array(z.string()).nullable(),
  timezone: z.string().nullable(),
  last_parsed: instant.nullable(),
  default_args: z.record(z.string(), z.unknown()).nullable(),
  owner_links: z.record(z.string(), z.string()).nullable(),
  is_favorite: z.boolean(),
  active_runs_count: z.number().int(),
  latest_dag_version: dagVersionResponse.nullable(),
  /** JSON Schema of the params; null when the DAG takes none. */
  tidegate_params_schema: z.record(z.string(), z.unknown()).nullable(),
});
export type DagDetailsResponse = z.infer<typeof dagDetailsResponse>;

/** `dag_id_pattern` is a part of the id, any case; `%` and `_` stand for any text and any character. */
export const dagListQuery = pageQuery.extend({
  dag_id_pattern: z.string().max(250).optional(),
  dag_display_name_pattern: z.string().max(250).optional(),
  tags: repeated(z.string()),
  tags_match_mode: z.enum(['any', 'all']).default('any'),
  owners: repeated(z.string()),
  paused: z.stringbool().optional(),
  exclude_stale: z.stringbool().default(true),
  has_import_errors: z.stringbool().optional(),
  last_dag_run_state: runState.optional(),
  order_by: orderBy(['dag_id', 'dag_display_name', 'next_dagrun', 'last_run_start_date']),
});
export type DagListQuery = z.infer<typeof dagListQuery>;

export const dagPatch = z.object({ is_paused: z.boolean() });

export const dagTagCollection = z.object({
  tags: z.array(z.string()),
  total_entries: z.number().int(),
});
export type DagTagCollection = z.infer<typeof dagTagCollection>;

/** `GET /api/v2/dagSources/{dag_id}`: the file as it was registered. */
export const dagSourceQuery = z.object({ version_number: z.coerce.number().int().optional() });
export const dagSourceResponse = z.object({
  content: z.string().nullable(),
  dag_id: z.string(),
  dag_display_name: z.string(),
  version_number: z.number().int().nullable(),
});
export type DagSourceResponse = z.infer<typeof dagSourceResponse>;

/** `GET /api/v2/dags/{dag_id}/nextExecutions`: ours, what `tidegate dags next-execution` prints. */
export const nextExecutionsQuery = z.object({
  count: z.coerce.number().int().min(1).max(1_000).default(1),
  /** Runs whose `run_after` is later. (Default: now) */
  after: givenInstant.optional(),
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
