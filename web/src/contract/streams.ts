import { z } from 'zod';

import { instant } from './common.ts';

/** How far a DAG's loads are behind a partition of its topic. */
export const streamPartition = z.object({
  partition: z.number().int(),
  /** Next offset to be given to a run. */
  cursor: z.number().int(),
  /** Up to here everything is loaded: the lowest hole. */
  loaded_to: z.number().int(),
  start: z.number().int(),
  end: z.number().int(),
  /** Offsets not loaded: an upper bound of records, since offsets have gaps. */
  records_behind: z.number().int(),
  /** Age of the oldest record not loaded; 0 when nothing is behind, null when its time is not known. */
  seconds_behind: z.number().nullable(),
});

export const streamResponse = z.object({
  dag_id: z.string(),
  topic: z.string(),
  /** False: the topic does not exist (yet). */
  topic_exists: z.boolean(),
  is_paused: z.boolean(),
  partitions: z.array(streamPartition),
  records_behind: z.number().int(),
  /** Of the partition that is furthest behind. */
  seconds_behind: z.number().nullable(),
  checked_at: instant.nullable(),
});
export type StreamResponse = z.infer<typeof streamResponse>;

export const streamCollection = z.object({
  streams: z.array(streamResponse),
  total_entries: z.number().int(),
});
export type StreamCollection = z.infer<typeof streamCollection>;
