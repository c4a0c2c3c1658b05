import { z } from 'zod';

/** An instant as ISO 8601 text in UTC. */
export const instant = z.string();

/** Paging of every list, as Airflow's: `limit` 50 by default, 1,000 at most. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});
export type PageQuery = z.infer<typeof pageQuery>;

/** Airflow's error body: one sentence, or what is wrong with each field. */
export const errorResponse = z.object({
  detail: z.union([
    z.string(),
    z.array(
      z.object({
        loc: z.array(z.union([z.string(), z.number()])),
        msg: z.string(),
        type: z.string(),
      }),
    ),
  ]),
});
export type ErrorResponse = z.infer<typeof errorResponse>;
