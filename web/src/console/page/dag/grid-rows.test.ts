import { expect, it } from 'vitest';

import type { UiGrid } from '../../../contract/ui-grid.ts';
import { mergePages, type RowFilter, toSheet } from './grid-rows.ts';

const task = (id: string, group: string[] = []): UiGrid['tasks'][number] => ({
  task_id: id,
  group,
  kind: 'task',
  upstream: [],
  trigger_rule: 'all_success',
  retries: 0,
  pool: 'default',
  queue: 'default',
});

const grid = (
  ids: string[],
  tasks: UiGrid['tasks'],
  { states, tries }: Pick<UiGrid, 'states' | 'tries'>,
): UiGrid => ({
  dag_id: 'd',
  runs: {
    id: ids,
    state: 's'.repeat(ids.length),
    run_type: 's'.repeat(ids.length),
    run_after: ids.map(() => 0),
    logical_date: ids.map(() => null),
    start: ids.map(() => null),
    end: ids.map(() => null),
    failed_tasks: ids.map(() => 0),
    version: ids.map(() => 1),
  },
  tasks,
  states,
  tries,
  next_cursor: null,
});

const ALL: RowFilter = { q: '', onlyFailed: false, collapsed: new Set() };
const BANK = [task('bank.load', ['bank']), task('bank.stats', ['bank']), task('tidy')];
const TWO = grid(['new', 'old'], BANK, { states: ['sfs', 'sss'], tries: ['111', '121'] });

it('puts a group above its tasks and names tasks without it', () => {
  const { rows } = toSheet(TWO, ALL);
  expect(rows.map(({ label, depth }) => [label, depth])).toEqual([
    ['bank', 0],
    ['load', 1],
    ['stats', 1],
    ['tidy', 0],
  ]);
});

it('draws the oldest run first and a group as the worst of its tasks', () => {
  const { rows, stateOf, wasRetried } = toSheet(TWO, ALL);
  const [bank] = rows;
  if (bank === undefined) throw new Error('no group');
  expect([stateOf(bank, 0), stateOf(bank, 1)]).toEqual(['s', 'f']);
  expect(wasRetried(bank, 0)).toBe(true);
});

it('hides what is below a collapsed group', () => {
  const { rows } = toSheet(TWO, { ...ALL, collapsed: new Set(['bank']) });
  expect(rows.map(({ label }) => label)).toEqual(['bank', 'tidy']);
});

it('keeps rows with a failure, or with a word in their name', () => {
  expect(toSheet(TWO, { ...ALL, onlyFailed: true }).rows.map(({ label }) => label)).toEqual([
    'bank',
    'stats',
  ]);
  expect(toSheet(TWO, { ...ALL, q: 'TID' }).rows.map(({ label }) => label)).toEqual(['tidy']);
});

it('joins pages whose versions have other tasks', () => {
  const older = grid(['older'], [task('tidy'), task('gone')], { states: ['fk'], tries: ['20'] });
  const merged = mergePages([TWO, older]);
  expect(merged?.tasks.map(({ task_id: id }) => id)).toEqual([
    'bank.load',
    'bank.stats',
    'tidy',
    'gone',
  ]);
  expect(merged?.states[2]).toBe('  fk');
  expect(merged?.tries[2]).toBe('0020');
});
