import type { Json } from '@tidegate/engine/platform';

export interface Difference {
  /** `.tasks[3].id` */
  readonly path: string;
  readonly first: string;
  readonly second: string;
}

/** The first place where two JSON values differ, `undefined` when they are equal. */
export function findDifference(first: Json, second: Json, path = ''): Difference | undefined {
  if (isBranch(first) && isBranch(second) && Array.isArray(first) === Array.isArray(second)) {
    const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
    for (const key of keys) {
      const step = Array.isArray(first) ? `[${key}]` : `.${key}`;
      const found = findDifference(childOf(first, key), childOf(second, key), `${path}${step}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const [a, b] = [JSON.stringify(first), JSON.stringify(second)];
  return a === b ? undefined : { path, first: a.slice(0, 200), second: b.slice(0, 200) };
}

const isBranch = (value: Json): value is Exclude<Json, string | number | boolean | null> =>
  typeof value === 'object' && value !== null;

const childOf = (value: Json, key: string): Json =>
  (value as { readonly [key: string]: Json })[key] ?? null;
