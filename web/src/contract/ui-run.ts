import { z } from 'zod';

import { dagRunResponse } from './dag-runs.ts';
import { runState } from './run-words.ts';
import { logMessage } from './task-instances.ts';
import { uiTask } from './ui-dags.ts';
import { type UiTaskState, STATE_CODES } from './ui-states.ts';

const uiTaskState = z.enum(Object.keys(STATE_CODES) as [UiTaskState, ...UiTaskState[]]);

/** Why a try ended as it did: what was thrown, or in words. */
export const uiTryError = z.object({
  name: z.string().nullable(),
  message: z.string(),
  code: z.string().nullable(),
  stack: z.string().nullable(),
});
export type UiTryError = z.infer<typeof uiTryError>;

/** One try: a bar of the Gantt from `scheduled` over `start` to `end`, in milliseconds since the epoch. */
export const uiTry = z.object({
  try_number: z.number().int(),
  /** `lost`: the infrastructure lost it; it used no retry. */
  state: z.enum(['running', 'success', 'failed', 'skipped', 'lost']),
  /** Clears before this try: a try with a lower number than the task's was cleared. */
  clear_number: z.number().int(),
  worker: z.string().nullable(),
  scheduled: z.number().nullable(),
  start: z.number().nullable(),
  end: z.number().nullable(),
  error: uiTryError.nullable(),
  progress: z.object({ done: z.number(), total: z.number().nullable() }).nullable(),
  /** What a running try stands still for: an outage, say. */
  waiting_for: z.string().nullable(),
});
export type UiTry = z.infer<typeof uiTry>;

export const uiTaskInstance = uiTask.extend({
  state: uiTaskState,
  try_number: z.number().int(),
  max_tries: z.number().int(),
  scheduled: z.number().nullable(),
  start: z.number().nullable(),
  end: z.number().nullable(),
  /** When it goes on: the next retry, the sensor's next look. */
  due: z.number().nullable(),
  worker: z.string().nullable(),
  clear_number: z.number().int(),
  /** The oldest first; at most the newest 5,000 of a run. */
  tries: z.array(uiTry),
});
export type UiTaskInstance = z.infer<typeof uiTaskInstance>;

/** What a person needs to know first of a run with failed tasks. */
export const uiFailure = z.object({
  /** `load failed after 3 tries: connection refused; 7 other tasks did not run because of it.` */
  sentence: z.string(),
  /** The first task that failed with nothing failed before it. Null: no task did, the run itself failed. */
  task_id: z.string().nullable(),
  try_number: z.number().int().nullable(),
  error: uiTryError.nullable(),
  /** The first line at level error of that try's log; `line` counts from 1. */
  log_line: z.object({ line: z.number().int(), message: logMessage }).nullable(),
  /** Other tasks that failed by themselves. */
  also_failed: z.array(z.string()),
  /** Tasks that did not run because of it. */
  not_run: z.array(z.string()),
});
export type UiFailure = z.infer<typeof uiFailure>;

/** `GET /ui/runs/{dag_id}/{dag_run_id}/mark?state=failed`: what marking the run so would do to its tasks. */
export const uiRunMarkQuery = z.object({ state: z.enum(['success', 'failed']) });
export const uiRunMark = z.object({
  /** Of the run now. */
  state: runState,
  /** Those that would change, in the order of the graph; `next`: what each becomes. One that runs is stopped. */
  tasks: z.array(
    z.object({
      task_id: z.string(),
      try_number: z.number().int(),
      state: uiTaskState,
      next: uiTaskState,
    }),
  ),
});
export type UiRunMark = z.infer<typeof uiRunMark>;

/** `GET /ui/runs/{dag_id}/{dag_run_id}`: everything the run page opens with. */
export const uiRun = z.object({
  run: dagRunResponse,
  version: z.number().int(),
  /** The server's clock, for the now line and running bars. */
  now: z.number(),
  previous_run_id: z.string().nullable(),
  next_run_id: z.string().nullable(),
  tasks: z.array(uiTaskInstance),
  /** Null: no task failed and the run did not fail. */
  failure: uiFailure.nullable(),
});
export type UiRun = z.infer<typeof uiRun>;
