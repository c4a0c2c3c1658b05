import { z } from 'zod';

import { givenInstant, instant, instantRange, orderBy, pageQuery, repeated } from './common.ts';
import { dagVersionResponse } from './dags.ts';
import { note, taskState } from './run-words.ts';

/** What a task instance and a try of it have in common, as Airflow's. */
const taskFields = {
  task_id: z.string(),
  dag_id: z.string(),
  dag_run_id: z.string(),
  map_index: z.number().int(),
  start_date: instant.nullable(),
  end_date: instant.nullable(),
  duration: z.number().nullable(),
  state: taskState.nullable(),
  try_number: z.number().int(),
  max_tries: z.number().int(),
  task_display_name: z.string(),
  dag_display_name: z.string(),
  hostname: z.string().nullable(),
  unixname: z.string().nullable(),
  pool: z.string(),
  pool_slots: z.number().int(),
  queue: z.string().nullable(),
  priority_weight: z.number().int().nullable(),
  operator: z.string().nullable(),
  operator_name: z.string().nullable(),
  queued_when: instant.nullable(),
  scheduled_when: instant.nullable(),
  pid: z.number().int().nullable(),
  executor: z.string().nullable(),
  executor_config: z.string(),
  dag_version: dagVersionResponse.nullable(),
};

export const taskInstanceResponse = z.object({
  id: z.string(),
  ...taskFields,
  logical_date: instant.nullable(),
  run_after: instant,
  note: z.string().nullable(),
  rendered_map_index: z.string().nullable(),
  rendered_fields: z.record(z.string(), z.unknown()),
  trigger: z.null(),
  triggerer_job: z.null(),
});
export type TaskInstanceResponse = z.infer<typeof taskInstanceResponse>;

export const taskInstanceCollection = z.object({
  task_instances: z.array(taskInstanceResponse),
  /** Counted up to 10,000 in lists across runs. */
  total_entries: z.number().int(),
});
export type TaskInstanceCollection = z.infer<typeof taskInstanceCollection>;

/** In the order of the graph, the newest run first, unless `order_by` says otherwise. */
export const taskInstanceListQuery = pageQuery.extend({
  task_id: z.string().optional(),
  task_display_name_pattern: z.string().max(250).optional(),
  dag_id_pattern: z.string().max(250).optional(),
  run_id_pattern: z.string().max(250).optional(),
  /** `none`: nothing decided yet. */
  state: repeated(z.enum([...taskState.options, 'none', 'no_status'])),
  pool: repeated(z.string()),
  queue: repeated(z.string()),
  order_by: orderBy(['map_index', 'id', 'start_date', 'end_date', 'duration']),
  ...instantRange('run_after'),
  ...instantRange('logical_date'),
  ...instantRange('start_date'),
  ...instantRange('end_date'),
});
export type TaskInstanceListQuery = z.infer<typeof taskInstanceListQuery>;

/** One try, as Airflow's history keeps it, with what it left behind. */
export const taskTryResponse = z.object({
  ...taskFields,
  /** JSON the try returned. */
  tidegate_output: z.unknown().nullable(),
  tidegate_error: z.record(z.string(), z.unknown()).nullable(),
  /** The infrastructure lost this try: it used no retry. */
  tidegate_lost: z.boolean(),
  tidegate_clear_number: z.number().int(),
  tidegate_waiting_for: z.string().nullable(),
});
export type TaskTryResponse = z.infer<typeof taskTryResponse>;

export const taskTryCollection = z.object({
  task_instances: z.array(taskTryResponse),
  total_entries: z.number().int(),
});
export type TaskTryCollection = z.infer<typeof taskTryCollection>;

const relatives = {
  include_upstream: z.boolean().default(false),
  include_downstream: z.boolean().default(false),
  /** The same tasks in later and earlier runs. */
  include_future: z.boolean().default(false),
  include_past: z.boolean().default(false),
};

/** `POST /api/v2/dags/{dag_id}/clearTaskInstances`, with Airflow's defaults: a dry run of what failed. */
export const clearTaskInstancesRequest = z.strictObject({
  dry_run: z.boolean().default(true),
  only_failed: z.boolean().default(true),
  only_running: z.boolean().default(false),
  /** Cleared tasks of a finished run only run again with their run. */
  reset_dag_runs: z.literal(true).default(true),
  dag_run_id: z.string().nullish(),
  /** Logical dates, both ends included. */
  start_date: givenInstant.nullish(),
  end_date: givenInstant.nullish(),
  task_ids: z
    .array(z.union([z.string(), z.tuple([z.string(), z.number().int()])]))
    .min(1)
    .nullish(),
  /** Refuses with 409 when one of them runs. */
  prevent_running_task: z.boolean().default(false),
  run_on_latest_version: z.literal(false).nullish(),
  note: note.nullish(),
  ...relatives,
});
export type ClearTaskInstancesRequest = z.input<typeof clearTaskInstancesRequest>;

/** `PATCH …/taskInstances/{task_id}`, and `…/dry_run` with the same body. */
export const taskInstancePatch = z.strictObject({
  new_state: z.enum(['success', 'failed', 'skipped']),
  note: z.null().optional(),
  ...relatives,
});
export type TaskInstancePatch = z.input<typeof taskInstancePatch>;

/** One line of a task's log, as Airflow's structured log message. */
export const logMessage = z.object({
  timestamp: instant,
  level: z.enum(['debug', 'info', 'warn', 'error']),
  event: z.string(),
  logger: z.string(),
  fields: z.record(z.string(), z.unknown()).optional(),
});
export type LogMessage = z.infer<typeof logMessage>;

export const taskLogResponse = z.object({
  content: z.array(logMessage),
  /** Give it back to read on; null at the end of a finished try. */
  continuation_token: z.string().nullable(),
});
export type TaskLogResponse = z.infer<typeof taskLogResponse>;

/**
 * Without `full_content` an answer is a page of a few thousand lines. With `accept: application/x-ndjson`
 * the lines stream, one a row.
 */
export const taskLogQuery = z.object({
  token: z
    .string()
    .regex(/^\d{1,9}$/, 'not a continuation token of this log')
    .optional(),
  full_content: z.stringbool().default(false),
  map_index: z.coerce.number().int().default(-1),
});
