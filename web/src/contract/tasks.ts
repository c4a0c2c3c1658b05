import { z } from 'zod';

import { instant } from './common.ts';

/** Airflow's JSON form of a duration. */
export const timeDelta = z.object({
  __type: z.literal('TimeDelta'),
  days: z.number().int(),
  seconds: z.number().int(),
  microseconds: z.number().int(),
});

/** A task of a DAG's current version. */
export const taskResponse = z.object({
  task_id: z.string(),
  task_display_name: z.string(),
  owner: z.string().nullable(),
  start_date: instant.nullable(),
  end_date: instant.nullable(),
  trigger_rule: z.string(),
  depends_on_past: z.boolean(),
  wait_for_downstream: z.boolean(),
  retries: z.number(),
  queue: z.string(),
  pool: z.string(),
  pool_slots: z.number(),
  execution_timeout: timeDelta.nullable(),
  retry_delay: timeDelta,
  retry_exponential_backoff: z.number(),
  priority_weight: z.number(),
  weight_rule: z.string().nullable(),
  ui_color: z.string().nullable(),
  ui_fgcolor: z.string().nullable(),
  template_fields: z.array(z.string()),
  downstream_task_ids: z.array(z.string()),
  doc_md: z.string().nullable(),
  operator_name: z.string(),
  params: z.record(z.string(), z.unknown()).nullable(),
  class_ref: z.record(z.string(), z.unknown()).nullable(),
  is_mapped: z.boolean(),
  extra_links: z.array(z.string()),
  tidegate_group: z.array(z.string()),
  tidegate_upstream_task_ids: z.array(z.string()),
});
export type TaskResponse = z.infer<typeof taskResponse>;

export const taskCollection = z.object({
  tasks: z.array(taskResponse),
  total_entries: z.number().int(),
});
export type TaskCollection = z.infer<typeof taskCollection>;
