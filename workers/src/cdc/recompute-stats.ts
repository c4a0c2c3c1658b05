import type { TaskContext } from '@tidegate/engine/dag';

import { drainGroups, type DrainSummary } from '../warehouse/postgres/drain-groups.ts';
import { tableName } from '../warehouse/postgres/sql-text.ts';

export interface RecomputeStatsOptions {
  readonly connection: string;
  /** The table of statistics; its primary key is the group. */
  readonly table: string;
  /** The current table `loadChanges` fills. */
  readonly from: string;
  /** One of the `groups` of `loadChanges`. */
  readonly by: string | readonly string[];
  /** Columns of the statistics: SQL aggregates over the rows of a group, `c`. */
  readonly columns: Readonly<Record<string, string>>;
}

/**
 * A task that recomputes the statistics of every group a load has touched, from the current table. Groups
 * without rows are removed.
 */
export function recomputeStats(
  options: RecomputeStatsOptions,
): (context: TaskContext) => Promise<DrainSummary> {
  tableName(options.table);
  const group = typeof options.by === 'string' ? [options.by] : options.by;
  return async (context) => {
    const { uri } = await context.connection(options.connection);
    const summary = await drainGroups(context, {
      uri,
      connection: options.connection,
      current: options.from,
      stats: options.table,
      group,
      columns: options.columns,
    });
    context.log.info(summary, 'statistics recomputed');
    return summary;
  };
}
