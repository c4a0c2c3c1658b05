import { z } from 'zod';

import { instant } from './common.ts';

/** `GET /ui/home`: the counts the first page opens with. Lag is at `GET /api/v2/streams`. */
export const uiHome = z.object({
  now: z.number(),
  dags: z.object({
    total: z.number().int(),
    paused: z.number().int(),
    /** Not paused, and their newest run failed. */
    failing: z.number().int(),
  }),
  import_errors: z.number().int(),
  runs: z.object({ queued: z.number().int(), running: z.number().int() }),
  /** Runs that ended in the last 24 hours, among the newest 20,000. */
  last_day: z.object({ success: z.number().int(), failed: z.number().int() }),
  tasks: z.object({
    running: z.number().int(),
    /** Ready and waiting for a slot or a worker. */
    waiting: z.number().int(),
    up_for_retry: z.number().int(),
  }),
  pools: z.array(z.object({ name: z.string(), slots: z.number(), used: z.number() })),
  scheduler: z.object({ is_alive: z.boolean(), heartbeat_at: instant.nullable() }),
  workers: z.array(
    z.object({
      name: z.string(),
      queues: z.array(z.string()),
      /** Tries it holds. */
      tasks: z.number().int(),
      heartbeat_at: instant,
    }),
  ),
  /** DAGs that are not paused and whose newest run failed, the newest failure first, ten at most. */
  failures: z.array(
    z.object({
      dag_id: z.string(),
      dag_run_id: z.string(),
      end: z.number().nullable(),
      reason: z.string().nullable(),
      failed_tasks: z.number().int(),
    }),
  ),
});
export type UiHome = z.infer<typeof uiHome>;
