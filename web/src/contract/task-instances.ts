import { z } from 'zod';

import { instant } from './common.ts';

export const taskInstanceResponse = z.object({
  id: z.string(),
  task_id: z.string(),
  dag_id: z.string(),
  dag_run_id: z.string(),
  map_index: z.number().int(),
  logical_date: instant.nullable(),
  run_after: instant,
  start_date: instant.nullable(),
  end_date: instant.nullable(),
  duration: z.number().nullable(),
  state: z
    .enum([
      'removed',
      'scheduled',
      'queued',
      'running',
      'success',
      'restarting',
      'failed',
      'up_for_retry',
      'up_for_reschedule',
      'upstream_failed',
      'skipped',
      'deferred',
    ])
    .nullable(),
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
  note: z.string().nullable(),
  rendered_map_index: z.string().nullable(),
  rendered_fields: z.record(z.string(), z.unknown()),
  trigger: z.null(),
  triggerer_job: z.null(),
  dag_version: z.null(),
});
export type TaskInstanceResponse = z.infer<typeof taskInstanceResponse>;

export const taskInstanceCollection = z.object({
  task_instances: z.array(taskInstanceResponse),
  total_entries: z.number().int(),
});
export type TaskInstanceCollection = z.infer<typeof taskInstanceCollection>;

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

export const taskLogQuery = z.object({ token: z.string().optional() });
