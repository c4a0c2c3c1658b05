import { z } from 'zod';

/** Airflow's states of a run. */
export const RUN_STATES = ['queued', 'running', 'success', 'failed'] as const;
export type RunState = (typeof RUN_STATES)[number];
export const runState = z.enum(RUN_STATES);

/** The run types of Airflow's that exist here. */
export const RUN_TYPES = ['backfill', 'scheduled', 'manual', 'asset_triggered'] as const;
export type RunType = (typeof RUN_TYPES)[number];
export const runType = z.enum(RUN_TYPES);

/** Airflow's states of a task instance. Nothing decided yet is null there, and `none` where a filter names it. */
export const TASK_STATES = [
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
] as const;
export type TaskState = (typeof TASK_STATES)[number];
export const taskState = z.enum(TASK_STATES);

/** Longest note on a run. */
export const note = z.string().max(1_000);
