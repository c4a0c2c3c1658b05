import { useState } from 'react';

export interface RowCursor<Row> {
  readonly current: Row | undefined;
  readonly move: (by: number) => void;
}

/** The row of a list that keys act on; it stays with its row when others come and go. */
export function useRowCursor<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): RowCursor<Row> {
  const [key, setKey] = useState<string>();
  const index = rows.findIndex((row) => keyOf(row) === key);
  const move = (by: number) => {
    const next = rows[index < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, index + by))];
    if (next !== undefined) setKey(keyOf(next));
  };
  return { current: rows[index], move };
}
