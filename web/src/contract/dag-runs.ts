import { z } from 'zod';

import {
  givenInstant,
  instant,
  instantRange,
  nullishInstantRange,
  orderBy,
  pageQuery,
  repeated,
} from './common.ts';
import { dagVersionResponse } from './dags.ts';
import { note, runState, runType } from './run-words.ts';

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
  run_type: runType,
  state: runState,
  triggered_by: z.string().nullable(),
  triggering_user_name: z.string().nullable(),
  conf: z.record(z.string(), z.unknown()).nullable(),
  note: z.string().nullable(),
  dag_versions: z.array(dagVersionResponse),
  bundle_version: z.string().nullable(),
  partition_key: z.string().nullable(),
  partition_date: instant.nullable(),
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
  /** How often the run was cleared. */
  tidegate_clear_number: z.number().int(),
});
export type DagRunResponse = z.infer<typeof dagRunResponse>;

export const dagRunCollection = z.object({
  dag_runs: z.array(dagRunResponse),
  /** Counted up to `total_entries_limit`: equal to it means at least that many. */
  total_entries: z.number().int(),
  total_entries_limit: z.number().int(),
});
export type DagRunCollection = z.infer<typeof dagRunCollection>;

const RUN_ORDER = [
  'id',
  'dag_id',
  'run_id',
  'dag_run_id',
  'state',
  'run_type',
  'logical_date',
  'run_after',
  'queued_at',
  'start_date',
  'end_date',
  'duration',
] as const;

/** The newest first unless `order_by` says otherwise. */
export const dagRunListQuery = pageQuery.extend({
  state: repeated(runState),
  run_type: repeated(runType),
  run_id_pattern: z.string().max(250).optional(),
  dag_id_pattern: z.string().max(250).optional(),
  triggering_user_name_pattern: z.string().max(250).optional(),
  order_by: orderBy(RUN_ORDER),
  ...instantRange('run_after'),
  ...instantRange('logical_date'),
  ...instantRange('start_date'),
  ...instantRange('end_date'),
});
export type DagRunListQuery = z.infer<typeof dagRunListQuery>;

/** `POST /api/v2/dags/~/dagRuns/list`: the list of many DAGs, as Airflow's. */
export const dagRunBatchRequest = z.strictObject({
  dag_ids: z.array(z.string()).max(1_000).nullish(),
  states: z.array(runState).nullish(),
  order_by: z.enum(RUN_ORDER.flatMap((name) => [name, `-${name}` as const])).nullish(),
  page_limit: z.number().int().min(0).max(1_000).default(100),
  page_offset: z.number().int().min(0).default(0),
  ...nullishInstantRange('run_after'),
  ...nullishInstantRange('logical_date'),
  ...nullishInstantRange('start_date'),
  ...nullishInstantRange('end_date'),
});
export type DagRunBatchRequest = z.infer<typeof dagRunBatchRequest>;

const offsets = z.object({
  partition: z.number().int().nonnegative(),
  from: z.number().int().nonnegative(),
  to: z.number().int().nonnegative(),
});

export const triggerRequest = z
  .strictObject({
    dag_run_id: z
      .string()
      .regex(/^[A-Za-z0-9_.~:+-]{1,250}$/, 'letters, digits and _ . ~ : + - only, 250 at most')
      .nullish(),
    logical_date: givenInstant.nullish(),
    /** Not before this instant. (Default: now) */
    run_after: givenInstant.nullish(),
    /** Together, with a logical date only. (Default: the interval the schedule has at that date) */
    data_interval_start: givenInstant.nullish(),
    data_interval_end: givenInstant.nullish(),
    partition_key: z.null().optional(),
    conf: z.record(z.string(), z.unknown()).nullish(),
    note: note.nullish(),
    /** A replay of these offsets: cursor and live runs stay untouched. */
    tidegate_offsets: z.array(offsets).min(1).optional(),
    /** A replay of the records between two instants. */
    tidegate_from: givenInstant.optional(),
    tidegate_to: givenInstant.optional(),
  })
  .refine(
    ({ data_interval_start: start, data_interval_end: end }) =>
      start == null ? end == null : end != null && Date.parse(start) <= Date.parse(end),
    {
      path: ['data_interval_end'],
      message:
        'give both data_interval_start and data_interval_end, the end not before the start, or neither',
    },
  );
export type TriggerRequest = z.infer<typeof triggerRequest>;

/** `POST …/dagRuns/{dag_run_id}/clear`. A dry run answers the task instances it would clear. */
export const dagRunClearRequest = z.strictObject({
  dry_run: z.boolean().default(true),
  only_failed: z.boolean().default(false),
  only_new: z.literal(false).optional(),
  run_on_latest_version: z.literal(false).nullish(),
  note: note.nullish(),
});
export type DagRunClearRequest = z.input<typeof dagRunClearRequest>;

/** `PATCH …/dagRuns/{dag_run_id}`: success and failed end the tasks that are left, queued runs it again. */
export const dagRunPatch = z.strictObject({
  state: z.enum(['queued', 'success', 'failed']).nullish(),
  note: note.nullish(),
  /** The change is made only while the run is in one of these states; else 409 and nothing is changed. */
  tidegate_if_state: z.array(runState).min(1).optional(),
});
export type DagRunPatch = z.infer<typeof dagRunPatch>;
export const updateMaskQuery = z.object({ update_mask: repeated(z.string()) });
