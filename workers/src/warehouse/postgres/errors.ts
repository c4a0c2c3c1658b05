import { TidegateError } from '@tidegate/engine/platform';

/**
 * Codes of loading into PostgreSQL.
 *
 * - `FENCED`: the target has seen a newer try of this task instance. Cause: this worker was paused or cut
 *   off and the task was given to another. Nothing to do: the other one does the work.
 * - `TARGET_TABLE_MISSING`, `TARGET_KEY_MISSING`, `TARGET_COLUMN_MISSING`, `TARGET_NAME_INVALID`: the tables
 *   named by the task are not as it says. Remedy: in the message.
 * - `TARGET_UNIQUE`: current has a unique index besides its key's. Cause: rows are loaded by key, so two of them
 *   that swap a unique value would be refused, though the source took them. Remedy: drop it; the source sees to it.
 * - `MAP_INCOMPLETE`: the row mapping and the target's columns differ. Remedy: map every column, or list
 *   under `defaults` those the database fills.
 * - `STREAM_KIND_CHANGED`: two loaders disagree whether the stream has source positions. Remedy: look at
 *   the producer; a stream that changed its format needs a new topic and target, or a new load from start.
 * - `TOO_MANY_REFUSED`: more records went to quarantine than a load may lose. Cause: nearly always one
 *   mistake in the description, the mapping or the table. Remedy: correct it, then clear the task.
 * - `LEDGER_OVERLAP`: twice in one try the ledger was given a part of a chunk, and not all of it, while it was
 *   loaded. Cause: another worker loads the same task beside this one, by another range of a run that a failover
 *   lost. Remedy: another try, or clear the task; a new load is exact, whatever the old one did.
 * - `GROUP_UNKNOWN`: statistics are kept by columns that the loads do not list. Remedy: in the message.
 * - `SEVERAL_TOPICS`: a run's ranges are of more than one topic.
 */
export type LoadErrorCode =
  | 'FENCED'
  | 'TARGET_TABLE_MISSING'
  | 'TARGET_KEY_MISSING'
  | 'TARGET_COLUMN_MISSING'
  | 'TARGET_NAME_INVALID'
  | 'TARGET_UNIQUE'
  | 'MAP_INCOMPLETE'
  | 'STREAM_KIND_CHANGED'
  | 'TOO_MANY_REFUSED'
  | 'LEDGER_OVERLAP'
  | 'GROUP_UNKNOWN'
  | 'SEVERAL_TOPICS';

export function loadError(
  code: LoadErrorCode,
  message: string,
  options: { readonly details?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
): TidegateError {
  return new TidegateError(code, message, options);
}
