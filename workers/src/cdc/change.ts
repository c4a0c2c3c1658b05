import type { RecordError } from './errors.ts';

/** A JSON object or a decoded row: values by column name. */
export type Values = Record<string, unknown>;

/** `r` is a snapshot read, `c` a create, `u` an update, `d` a delete. */
export type Operation = 'r' | 'c' | 'u' | 'd';

/** One change of one row, decoded. What a row mapping gets as its second argument. */
export interface Change {
  readonly op: Operation;
  /** The row after the change; before it for a delete (its key alone where the producer sent no more). */
  readonly row: Values;
  /** Version of the change: see `source-position.ts`. */
  readonly v1: number;
  readonly v2: number;
  /** When the source made the change, milliseconds since the epoch (fractions are microseconds). */
  readonly changedAtMs: number;
  /**
   * Columns the change did not touch and the source left out (Debezium's unavailable values): the row holds a
   * placeholder there. A mapping may pass it on as it is; the table then keeps the value it has.
   */
  readonly unchanged: readonly string[] | undefined;
  /** Where the record lies in the log. */
  readonly partition: number;
  readonly offset: number;
}

/** What became of one record of the log. */
export type Decoded =
  | { readonly kind: 'change'; readonly change: Change }
  /** An update of the primary key: the old key goes, the new one comes. */
  | { readonly kind: 'moved'; readonly removed: Change; readonly added: Change }
  /** All rows older than this version are gone. */
  | { readonly kind: 'truncate'; readonly v1: number; readonly v2: number }
  /** A re-snapshot is complete in this partition: a row that exists has this version or a higher one. */
  | { readonly kind: 'snapshot-completed'; readonly v1: number; readonly v2: number }
  /** A tombstone, heartbeat, schema change or transaction marker: right where it is, nothing to load. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'bad'; readonly error: RecordError };

export const IGNORED: Decoded = Object.freeze({ kind: 'ignored' });
