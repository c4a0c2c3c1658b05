import { z } from 'zod';

import { instant, orderBy, pageQuery } from './common.ts';

/** A DAG file that could not be registered; its last good version keeps running. */
export const importErrorResponse = z.object({
  import_error_id: z.number().int(),
  timestamp: instant,
  filename: z.string(),
  bundle_name: z.string().nullable(),
  /** Message and code frame. */
  stack_trace: z.string(),
  tidegate_code: z.string(),
  tidegate_message: z.string(),
  tidegate_line: z.number().int().nullable(),
  tidegate_column: z.number().int().nullable(),
  tidegate_code_frame: z.string().nullable(),
});
export type ImportErrorResponse = z.infer<typeof importErrorResponse>;

export const importErrorCollection = z.object({
  import_errors: z.array(importErrorResponse),
  total_entries: z.number().int(),
});
export type ImportErrorCollection = z.infer<typeof importErrorCollection>;

export const importErrorListQuery = pageQuery.extend({
  filename_pattern: z.string().max(250).optional(),
  order_by: orderBy(['id', 'timestamp', 'filename']),
});
