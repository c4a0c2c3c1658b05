import type { UiGrid } from '../../contract/ui-grid.ts';
import { patchColumns, replaceAt, type RunChange } from './patch-columns.ts';

const TRIES = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A page of the grid with a run and its changed tasks as they are now; the same page when it is not on it. */
export function patchGrid(grid: UiGrid, change: RunChange): UiGrid {
  const column = grid.runs.id.indexOf(change.dag_run_id);
  if (column < 0) return grid;
  let states = grid.states[column] ?? '';
  let tries = grid.tries[column] ?? '';
  for (const [taskId, code, tryNumber] of change.tasks) {
    const row = grid.tasks.findIndex((task) => task.task_id === taskId);
    if (row < 0) continue;
    states = replaceAt(states, row, code);
    tries = replaceAt(tries, row, TRIES[Math.min(tryNumber, 35)] ?? 'z');
  }
  return {
    ...grid,
    runs: patchColumns(grid.runs, change),
    states: grid.states.with(column, states),
    tries: grid.tries.with(column, tries),
  };
}
