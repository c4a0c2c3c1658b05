import { z } from 'zod';

import { givenInstant, instant, orderBy, pageQuery } from './common.ts';

/** A change somebody asked for: written before it is made, so a crash loses no trace of it. */
export const eventLogResponse = z.object({
  event_log_id: z.number().int(),
  when: instant,
  dag_id: z.string().nullable(),
  dag_display_name: z.string().nullable(),
  task_id: z.string().nullable(),
  task_display_name: z.string().nullable(),
  run_id: z.string().nullable(),
  map_index: z.number().int().nullable(),
  try_number: z.number().int().nullable(),
  event: z.string(),
  logical_date: instant.nullable(),
  owner: z.string().nullable(),
  /** JSON text: what was asked for, secrets left out. */
  extra: z.string().nullable(),
});
export type EventLogResponse = z.infer<typeof eventLogResponse>;

export const eventLogCollection = z.object({
  event_logs: z.array(eventLogResponse),
  total_entries: z.number().int(),
});
export type EventLogCollection = z.infer<typeof eventLogCollection>;

/** The newest first unless `order_by` says otherwise. */
export const eventLogListQuery = pageQuery.extend({
  dag_id: z.string().optional(),
  run_id: z.string().optional(),
  task_id: z.string().optional(),
  owner: z.string().optional(),
  event: z.string().optional(),
  before: givenInstant.optional(),
  after: givenInstant.optional(),
  order_by: orderBy(['id', 'when']),
});
