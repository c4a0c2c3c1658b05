import { columnDecoder, type Encoding } from './column-decoder.ts';
import type { Columns, Row } from './column-type.ts';
import { decodeError } from './errors.ts';

/** A captured table, described once: what its topic carries and how to read it. */
export interface ChangeTableOptions<
  Cols extends Columns,
  Key extends readonly (keyof Cols & string)[],
> {
  /** The topic its changes are written to, `<prefix>.<database>.<table>`. */
  readonly topic: string;
  /** Columns to read, with their types at the source. Others in the topic are ignored. */
  readonly columns: Cols;
  /** The source's primary key, in order. A table without one cannot be captured. */
  readonly key: Key;
  /** How decimals are written where the record carries no schema. (Default: `string`) */
  readonly decimals?: 'string' | 'base64';
  /**
   * Unit of times where the record carries no schema: `adaptive` follows the column's precision, `connect`
   * is always milliseconds. (Default: `adaptive`)
   */
  readonly times?: 'adaptive' | 'connect';
  /**
   * What a record without a value means: `ignore` in change events, where it follows the delete; `delete`
   * in unwrapped topics, where it is the delete. (Default: `ignore`)
   */
  readonly tombstones?: 'ignore' | 'delete';
}

/** What `changeTable` returns: the description, checked. */
export interface ChangeTable<Cols extends Columns = Columns, Key extends keyof Cols = keyof Cols> {
  readonly topic: string;
  readonly columns: Cols;
  readonly key: readonly (keyof Cols & string)[];
  readonly encoding: Encoding;
  readonly tombstones: 'ignore' | 'delete';
  /** For types only: `RowOf<typeof accounts>`. */
  readonly $row?: Row<Cols, Key>;
}

/** The row type of a table: `RowOf<typeof accounts>`. */
export type RowOf<Table extends { readonly $row?: unknown }> = NonNullable<Table['$row']>;

/** Describes a captured table. Throws `TABLE_INVALID`. */
export function changeTable<
  const Cols extends Columns,
  const Key extends readonly (keyof Cols & string)[],
>(options: ChangeTableOptions<Cols, Key>): ChangeTable<Cols, Key[number]> {
  if (options.key.length === 0)
    throw decodeError('TABLE_INVALID', `${options.topic}: name the columns of its primary key`);
  const encoding: Encoding = {
    decimals: options.decimals ?? 'string',
    ...(options.times === 'connect' ? { timeUnit: 'ms' as const } : {}),
  };
  for (const [name, type] of Object.entries(options.columns)) {
    if ((columnDecoder(type, encoding) as unknown) === undefined)
      throw decodeError('TABLE_INVALID', `${options.topic}: column ${name} has no type "${type}"`);
  }
  for (const name of options.key) {
    if (!(name in options.columns))
      throw decodeError('TABLE_INVALID', `${options.topic}: key ${name} is not among the columns`);
  }
  return {
    topic: options.topic,
    columns: options.columns,
    key: options.key,
    encoding,
    tombstones: options.tombstones ?? 'ignore',
  };
}
