import { z } from 'zod';

import { instant } from './common.ts';

/** How far a DAG's loads are behind a partition of its topic. */
export const streamPartition = z.object({
  partition: z.number().int(),
  /** Next offset to be given to a run. */
  cursor: z.number().int(),
  /** Lowest offset not loaded yet: the cursor, or the lowest hole. */
  loaded_to: z.number().int(),
  end: z.number().int(),
  records_behind: z.number().int(),
  /** Age of the oldest record not loaded; 0 when nothing is. */
  seconds_behind: z.number(),
});

export const streamResponse = z.object({
  dag_id: z.string(),
  topic: z.string(),
  partitions: z.array(streamPartition),
  records_behind: z.number().int(),
  seconds_behind: z.number(),
  /** A failed live range that holds the stream, as its run id. */
  blocked_by: z.string().nullable(),
  checked_at: instant,
});
export type StreamResponse = z.infer<typeof streamResponse>;

export const streamCollection = z.object({
  streams: z.array(streamResponse),
  total_entries: z.number().int(),
});
export type StreamCollection = z.infer<typeof streamCollection>;
