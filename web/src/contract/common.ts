import { z } from 'zod';

/** An instant as ISO 8601 text in UTC. */
export const instant = z.string();

/** An instant a caller gives: ISO 8601 with its offset from UTC. */
export const givenInstant = z.iso.datetime({ offset: true });

/** Paging of every list, as Airflow's: `limit` 50 by default, 1,000 at most. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});
export type PageQuery = z.infer<typeof pageQuery>;

/** A query parameter that may be repeated: `state=failed&state=running`. */
export function repeated<Item extends z.ZodType<unknown, string>>(item: Item) {
  return z.union([item.transform((one) => [one]), z.array(item)]).optional();
}

/** `order_by` of a list: names of fields, a leading `-` turns the order round. */
export function orderBy<const Name extends string>(names: readonly Name[]) {
  const given = names.flatMap((name) => [name, `-${name}` as const]);
  return repeated(z.enum(given));
}

/** Both ends of an instant, inclusive (`_gte`, `_lte`) or not (`_gt`, `_lt`), as Airflow's filters. */
export function instantRange<const Name extends string>(name: Name) {
  const one = givenInstant.optional();
  return {
    [`${name}_gte`]: one,
    [`${name}_gt`]: one,
    [`${name}_lte`]: one,
    [`${name}_lt`]: one,
  } as Record<`${Name}_${'gte' | 'gt' | 'lte' | 'lt'}`, typeof one>;
}

/** The same in a body, where null means: not asked for. */
export function nullishInstantRange<const Name extends string>(name: Name) {
  const one = givenInstant.nullish();
  return {
    [`${name}_gte`]: one,
    [`${name}_gt`]: one,
    [`${name}_lte`]: one,
    [`${name}_lt`]: one,
  } as Record<`${Name}_${'gte' | 'gt' | 'lte' | 'lt'}`, typeof one>;
}

/** Counting stops here; `total_entries` equal to it means: at least that many. */
export const MOST_COUNTED = 10_000;

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
