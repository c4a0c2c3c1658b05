import type { UiChanges } from '../../contract/ui-events.ts';
import type { RunColumns } from '../../contract/ui-runs-columns.ts';
import { STATE_CODES } from '../../contract/ui-states.ts';

export type RunChange = UiChanges['runs'][number];

/** Columns with a run as it is now; the very same columns when it is not among them. */
export function patchColumns(columns: RunColumns, change: RunChange): RunColumns {
  const index = columns.id.indexOf(change.dag_run_id);
  if (index < 0) return columns;
  return {
    ...columns,
    state: replaceAt(columns.state, index, STATE_CODES[change.state]),
    run_after: columns.run_after.with(index, change.run_after),
    start: columns.start.with(index, change.start),
    end: columns.end.with(index, change.end),
    failed_tasks: columns.failed_tasks.with(index, change.failed_tasks),
  };
}

/** Text with one character replaced. */
export function replaceAt(text: string, index: number, character: string): string {
  return text.slice(0, index) + character + text.slice(index + 1);
}
