import { expect, it } from 'vitest';

import type { UiGrid } from '../../contract/ui-grid.ts';
import { patchColumns, type RunChange } from './patch-columns.ts';
import { patchGrid } from './patch-grid.ts';

const COLUMNS = {
  id: ['b', 'a'],
  state: 'rs',
  run_type: 'mm',
  run_after: [2, 1],
  logical_date: [null, null],
  start: [2, 1],
  end: [null, 2],
  failed_tasks: [0, 0],
  version: [1, 1],
};

const CHANGE: RunChange = {
  dag_id: 'd',
  dag_run_id: 'b',
  state: 'failed',
  run_after: 2,
  start: 2,
  end: 9,
  failed_tasks: 1,
  tasks: [
    ['load', 'f', 3],
    ['unknown', 's', 1],
  ],
};

it('shows a run as it is now and leaves the others as they were', () => {
  const patched = patchColumns(COLUMNS, CHANGE);
  expect(patched).toMatchObject({ state: 'fs', end: [9, 2], failed_tasks: [1, 0] });
});

it('answers the very same columns for a run they do not hold', () => {
  expect(patchColumns(COLUMNS, { ...CHANGE, dag_run_id: 'c' })).toBe(COLUMNS);
});

it('changes one cell of the grid and passes over tasks it does not have', () => {
  const grid = {
    dag_id: 'd',
    runs: COLUMNS,
    tasks: [{ task_id: 'extract' }, { task_id: 'load' }],
    states: ['sr', 'ss'],
    tries: ['12', '11'],
    next_cursor: null,
  } as unknown as UiGrid;
  const patched = patchGrid(grid, CHANGE);
  expect(patched.states).toEqual(['sf', 'ss']);
  expect(patched.tries).toEqual(['13', '11']);
});
