export {
  changeTable,
  type ChangeTable,
  type ChangeTableOptions,
  type RowOf,
} from './change-table.ts';
export type { Change, Operation } from './change.ts';
export type { Columns, ColumnType, Row } from './column-type.ts';
export { loadChanges, type LoadChangesOptions } from './load-changes.ts';
export { recomputeStats, type RecomputeStatsOptions } from './recompute-stats.ts';
export type { LoadSummary } from '../warehouse/postgres/load-run.ts';
export type { DrainSummary } from '../warehouse/postgres/drain-groups.ts';
