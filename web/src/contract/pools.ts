import { z } from 'zod';

import { orderBy, pageQuery } from './common.ts';

/** A pool with its slots as the engine counts them. */
export const poolResponse = z.object({
  name: z.string(),
  slots: z.number().int(),
  description: z.string().nullable(),
  include_deferred: z.boolean(),
  occupied_slots: z.number().int(),
  running_slots: z.number().int(),
  queued_slots: z.number().int(),
  scheduled_slots: z.number().int(),
  open_slots: z.number().int(),
  deferred_slots: z.number().int(),
  team_name: z.string().nullable(),
});
export type PoolResponse = z.infer<typeof poolResponse>;

export const poolCollection = z.object({
  pools: z.array(poolResponse),
  total_entries: z.number().int(),
});
export type PoolCollection = z.infer<typeof poolCollection>;

export const poolListQuery = pageQuery.extend({
  pool_name_pattern: z.string().max(250).optional(),
  order_by: orderBy(['name', 'id', 'slots']),
});

const slots = z.number().int().min(0).max(1_000_000);
const description = z.string().max(1_000).nullish();

export const poolRequest = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_.-]{1,250}$/, 'letters, digits and _ . - only, 250 at most'),
  slots,
  description,
  include_deferred: z.literal(false).optional(),
  team_name: z.null().optional(),
});
export type PoolRequest = z.infer<typeof poolRequest>;

export const poolPatch = z.strictObject({
  /** Airflow's clients repeat the name here; it cannot be changed. */
  pool: z.string().nullish(),
  slots: slots.nullish(),
  description,
  include_deferred: z.literal(false).nullish(),
  team_name: z.null().optional(),
});
export type PoolPatch = z.infer<typeof poolPatch>;
