/** What needs no quoting in an array: numbers, and words of our own such as states. */
type Plain = number | string | null;

/** `{1,2,NULL}`: built by join, a fifth faster than through the driver. */
export function plainArray(values: readonly Plain[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** One column of many rows. */
export function plainColumn<Row>(rows: readonly Row[], pick: (row: Row) => Plain): string {
  return plainArray(rows.map(pick));
}

/** `{"(1,2,)","(3,,x)"}`: many rows of a composite type, their columns in its order. */
export function plainRows<Row>(rows: readonly Row[], pick: (row: Row) => readonly Plain[]): string {
  // `join` leaves a null empty, which is how a composite writes it.
  return `{${rows.map((row) => `"(${pick(row).join(',')})"`).join(',')}}`;
}
