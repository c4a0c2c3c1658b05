import { parseDuration, type Duration, type TaskContext } from '@tidegate/engine/dag';

import type { LoadSummary } from '../warehouse/postgres/load-run.ts';
import { loadRun } from '../warehouse/postgres/load-run.ts';
import { loadTarget } from '../warehouse/postgres/load-target.ts';
import type { Change, Values } from './change.ts';
import type { ChangeTable } from './change-table.ts';
import type { Columns, Row } from './column-type.ts';
import { decodeError } from './errors.ts';

export interface LoadChangesOptions<Cols extends Columns, Key extends keyof Cols, Mapped> {
  /** A PostgreSQL connection; the task must be allowed to use it. */
  readonly connection: string;
  /** What the topic carries. */
  readonly table: ChangeTable<Cols, Key>;
  /** Keeps every change. (Default: none) */
  readonly history?: string;
  /** Keeps the living rows, one a key. */
  readonly current: string;
  /** The tables' key columns, and which key column of the source each holds. */
  readonly key: Readonly<Record<string, Key>>;
  /** Columns of current by which statistics are kept, see `recomputeStats`. (Default: none) */
  readonly groups?: readonly (string | readonly string[])[];
  /** Columns the database fills, such as `loaded_at`; identity and generated ones go without saying. */
  readonly defaults?: readonly string[];
  /**
   * How long the target remembers what repeats and replays need: which ranges it has, which task instances
   * were overtaken, which keys are deleted. Repeat and replay nothing older. (Default: `30d`)
   */
  readonly remember?: Duration;
  /**
   * The tables' other columns for a source row; null if the row has no place there. Must be pure: it is
   * called again for the same row in a retry, and must then answer the same.
   */
  readonly map: (row: Row<Cols, Key>, change: Change) => Mapped | null;
}

/**
 * A task that loads the run's range of changes into a history and a current table, exactly once in effect.
 *
 * In both tables the loader fills `operation_type` (INSERT, UPDATE, DELETE), `change_timestamp` (the
 * source's time) and `is_snapshot` where they exist, and columns of its own: `_v1`, `_v2`, `_gen`.
 */
export function loadChanges<
  const Cols extends Columns,
  Key extends keyof Cols & string,
  Mapped extends object,
>(options: LoadChangesOptions<Cols, Key, Mapped>): (context: TaskContext) => Promise<LoadSummary> {
  const target = loadTarget(options);
  const keepMs = parseDuration(options.remember ?? '30d', `${options.current}: remember`);
  const sources = Object.values<string>(options.key);
  if ([...sources].sort().join() !== [...options.table.key].sort().join())
    throw decodeError(
      'TABLE_INVALID',
      `${options.current}: key must hold the source's key columns, ${options.table.key.join(', ')}, once each`,
    );
  return async (context) => {
    const { uri } = await context.connection(options.connection);
    return loadRun(context, {
      uri,
      connection: options.connection,
      target,
      keepMs,
      // Types end here: what runs below is generic over tables.
      table: options.table as unknown as ChangeTable,
      map: options.map as (row: Values, change: Change) => Values | null,
    });
  };
}
