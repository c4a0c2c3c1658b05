import type { InstantRange, Order } from '@tidegate/engine/server';

type End = 'gte' | 'gt' | 'lte' | 'lt';

/** The four filters of one instant as a range. */
export function toInstantRange<Name extends string>(
  query: { readonly [Key in `${Name}_${End}`]?: string | null | undefined },
  name: Name,
): InstantRange {
  const of = (end: End): Date | undefined => {
    const text = query[`${name}_${end}`];
    return text == null ? undefined : new Date(text);
  };
  return { gte: of('gte'), gt: of('gt'), lte: of('lte'), lt: of('lt') };
}

/** `order_by` in the store's names. */
export function toOrder<Name extends string>(
  given: readonly string[] | undefined,
  names: Readonly<Record<string, Name>>,
): Order<Name>[] | undefined {
  return given?.flatMap((one) => {
    const by = names[one.replace(/^-/, '')];
    return by === undefined ? [] : [{ by, isDescending: one.startsWith('-') }];
  });
}
