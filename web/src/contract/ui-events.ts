import { z } from 'zod';

import { repeated } from './common.ts';
import { runState } from './run-words.ts';

/**
 * `GET /ui/events`: a server-sent stream, resumed by `Last-Event-ID` for 60 s; without one it begins with
 * `invalidate` if something happened in the last 10 s, so that what was read just before does not stay behind.
 * Events by name:
 *
 * - `hello` first on every connection; its id is where the stream stands.
 * - `changes` (`uiChanges`): runs and tasks as they are now. Patch what is shown.
 * - `invalidate` (`uiInvalidate`): more changed than is worth listing, or before this connection. Fetch again.
 * - `dags`: DAGs were registered, paused or unpaused, or pools changed. Fetch lists again.
 * - `reset`: what was missed is not known any more, or is too much. Fetch everything again.
 *
 * Comments keep the connection alive every 15 s. It closes when the session ends or its reader is too slow.
 */
export const uiEventsQuery = z.object({
  /** Only changes of these DAGs. */
  dag_id: repeated(z.string().max(250)),
  /** As the header, for clients that cannot set it. */
  last_event_id: z.string().max(100).optional(),
});
export type UiEventsQuery = z.infer<typeof uiEventsQuery>;

export const UI_EVENTS = ['hello', 'changes', 'invalidate', 'dags', 'reset'] as const;
export type UiEventName = (typeof UI_EVENTS)[number];

export const uiChanges = z.object({
  runs: z.array(
    z.object({
      dag_id: z.string(),
      dag_run_id: z.string(),
      state: runState,
      run_after: z.number(),
      start: z.number().nullable(),
      end: z.number().nullable(),
      failed_tasks: z.number().int(),
      /** `[task_id, state code, try_number]`, what changed only. */
      tasks: z.array(z.tuple([z.string(), z.string(), z.number().int()])),
    }),
  ),
});
export type UiChanges = z.infer<typeof uiChanges>;

/** Null: every DAG. */
export const uiInvalidate = z.object({ dag_ids: z.array(z.string()).nullable() });
export type UiInvalidate = z.infer<typeof uiInvalidate>;
