import { z } from 'zod';

import { instant, pageQuery } from './common.ts';

export const runState = z.enum(['queued', 'running', 'success', 'failed']);

/** A partition's share of a run: offsets `[from, to)`. */
export const runRange = z.object({
  topic: z.string(),
  partition: z.number().int(),
  from: z.number().int(),
  to: z.number().int(),
});
export type RunRange = z.infer<typeof runRange>;

export const dagRunResponse = z.object({
  dag_run_id: z.string(),
  dag_id: z.string(),
  dag_display_name: z.string(),
  logical_date: instant.nullable(),
  queued_at: instant.nullable(),
  start_date: instant.nullable(),
  end_date: instant.nullable(),
  duration: z.number().nullable(),
  data_interval_start: instant.nullable(),
  data_interval_end: instant.nullable(),
  run_after: instant,
  last_scheduling_decision: instant.nullable(),
  run_type: z.enum(['backfill', 'scheduled', 'manual', 'asset_triggered']),
  state: runState,
  triggered_by: z.string().nullable(),
  triggering_user_name: z.string().nullable(),
  conf: z.record(z.string(), z.unknown()).nullable(),
  note: z.string().nullable(),
  dag_versions: z.array(z.unknown()),
  bundle_version: z.string().nullable(),
  tidegate_lane: z.enum(['live', 'backfill']),
  tidegate_ranges: z.array(runRange),
  /** Offsets the ranges span: an upper bound of the records. */
  tidegate_records: z.number().int(),
  /** What the run stands still for (an outage, a lost log); null when it goes on. */
  tidegate_waiting_for: z.string().nullable(),
  /** Why it failed when no task did: `run_timeout`, `RANGE_LOST`, … */
  tidegate_reason: z.string().nullable(),
  /** A run that ended well may still carry failed tasks. */
  tidegate_failed_tasks: z.number().int(),
});
export type DagRunResponse = z.infer<typeof dagRunResponse>;

export const dagRunCollection = z.object({
  dag_runs: z.array(dagRunResponse),
  total_entries: z.number().int(),
});
export type DagRunCollection = z.infer<typeof dagRunCollection>;

export const dagRunListQuery = pageQuery.extend({ state: runState.optional() });

const offsets = z.object({
  partition: z.number().int().nonnegative(),
  from: z.number().int().nonnegative(),
  to: z.number().int().nonnegative(),
});

export const triggerRequest = z.object({
  dag_run_id: z
    .string()
    .regex(/^[A-Za-z0-9_.~:+-]{1,250}$/, 'letters, digits and _ . ~ : + - only, 250 at most')
    .nullish(),
  logical_date: z.iso.datetime({ offset: true }).nullish(),
  conf: z.record(z.string(), z.unknown()).nullish(),
  note: z.string().max(1_000).nullish(),
  /** A replay of these offsets: cursor and live runs stay untouched. */
  tidegate_offsets: z.array(offsets).min(1).optional(),
  /** A replay of the records between two instants. */
  tidegate_from: z.iso.datetime({ offset: true }).optional(),
  tidegate_to: z.iso.datetime({ offset: true }).optional(),
});
export type TriggerRequest = z.infer<typeof triggerRequest>;
