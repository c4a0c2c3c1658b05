import type { TaskRow, TryRow } from './flush-rows.ts';
import { isFinishedTaskState, type TaskState } from './task-state.ts';

/** A worker may be at these, and nobody else writes down how their try ended. */
const AT_WORK: ReadonlySet<TaskState> = new Set(['running', 'up_for_reschedule', 'deferred']);

/**
 * Tries that a change of a whole run ended: kept as failed, so that their times and logs stay in sight. What their
 * workers still report is refused as stale. `before` holds the states of all rows, by place.
 */
export function stoppedTries(
  before: readonly TaskState[],
  rows: readonly TaskRow[],
  nowMs: number,
): TryRow[] {
  return rows
    .filter((row) => AT_WORK.has(before[row.ix] ?? 'none') && isFinishedTaskState(row.state))
    .map((row) => ({
      runKey: row.runKey,
      ix: row.ix,
      tryNumber: row.tryNumber,
      state: 'failed',
      token: row.token,
      clearNumber: row.clearNumber,
      sessionKey: row.sessionKey,
      scheduledMs: row.scheduledMs,
      startMs: row.startMs,
      endMs: nowMs,
      output: null,
      error: JSON.stringify({
        name: 'Stopped',
        message: `stopped at work and set to ${row.state}`,
      }),
    }));
}
