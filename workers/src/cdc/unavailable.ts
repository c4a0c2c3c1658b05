import type { Values } from './change.ts';

/**
 * What Debezium writes for a large value that a change did not touch and the log therefore does not hold
 * (`unavailable.value.placeholder`), in text and in bytes columns.
 */
export const UNAVAILABLE = '__debezium_unavailable_value';
const UNAVAILABLE_BYTES = Buffer.from(UNAVAILABLE).toString('base64');

const columns: unique symbol = Symbol('unavailable columns');

interface Marked {
  [columns]?: string[];
}

export function isUnavailable(raw: unknown): boolean {
  return raw === UNAVAILABLE || raw === UNAVAILABLE_BYTES;
}

/** Notes it beside the row, where no mapping sees it. */
export function markUnavailable(row: Values, column: string): void {
  const marked: Marked = row;
  if (marked[columns] === undefined) marked[columns] = [column];
  else marked[columns].push(column);
}

/** Columns of a decoded row that hold a placeholder; undefined for none. */
export function unavailableColumns(row: Values): readonly string[] | undefined {
  return (row as Marked)[columns];
}
