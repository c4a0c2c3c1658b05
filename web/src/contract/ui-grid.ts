import { z } from 'zod';

import { givenInstant, repeated } from './common.ts';
import { runState, runType } from './run-words.ts';
import { uiTask } from './ui-dags.ts';
import { runColumns } from './ui-runs-columns.ts';

/** `GET /ui/grid/{dag_id}`: a window of runs, the newest first; `before` goes on with the older ones. */
export const uiGridQuery = z.object({
  limit: z.coerce.number().int().min(1).max(400).default(25),
  /** `next_cursor` of the page before. */
  before: z
    .string()
    .regex(/^\d{1,15}$/, 'not a cursor of this list')
    .optional(),
  state: repeated(runState),
  run_type: repeated(runType),
  run_after_gte: givenInstant.optional(),
  run_after_lte: givenInstant.optional(),
});
export type UiGridQuery = z.infer<typeof uiGridQuery>;

/**
 * Runs × tasks in columns. `states[r][t]` is the state of task `t` in run `r` (`STATE_CODES`, a space where
 * that run's version has no such task); `tries[r][t]` is how often it was tried: `0` to `9`, then `a` to
 * `z`, `z` meaning 35 or more.
 */
export const uiGrid = z.object({
  dag_id: z.string(),
  runs: runColumns,
  /** Of the newest run's version in order, then what only older versions have. */
  tasks: z.array(uiTask),
  states: z.array(z.string()),
  tries: z.array(z.string()),
  /** Null: there are no older runs. */
  next_cursor: z.string().nullable(),
});
export type UiGrid = z.infer<typeof uiGrid>;
