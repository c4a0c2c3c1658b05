import { expect, it } from 'vitest';

import type { UiRun, UiTaskInstance, UiTry } from '../../../contract/ui-run.ts';
import { toAxis, toLanes } from './gantt-layout.ts';

const tried = (
  number: number,
  [start, end]: [number, number | null],
  state: UiTry['state'],
): UiTry => ({
  try_number: number,
  state,
  clear_number: 0,
  worker: 'worker-1',
  scheduled: start - 100,
  start,
  end,
  error: null,
  progress: null,
  waiting_for: null,
});

const task = (id: string, part: Partial<UiTaskInstance>): UiTaskInstance => ({
  task_id: id,
  group: [],
  kind: 'task',
  upstream: [],
  trigger_rule: 'all_success',
  retries: 2,
  pool: 'default',
  queue: 'default',
  state: 'success',
  try_number: 1,
  max_tries: 2,
  scheduled: null,
  start: null,
  end: null,
  due: null,
  worker: null,
  clear_number: 0,
  tries: [],
  ...part,
});

const page = (tasks: UiTaskInstance[], end: number | null): UiRun =>
  ({
    run: {
      start_date: new Date(1_000).toISOString(),
      end_date: end === null ? null : new Date(end).toISOString(),
      run_after: new Date(1_000).toISOString(),
    },
    tasks,
  }) as unknown as UiRun;

const FAILED = task('load', {
  state: 'failed',
  try_number: 2,
  tries: [tried(1, [1_100, 2_000], 'failed'), tried(2, [32_100, 33_000], 'failed')],
});

it('gives every try and every wait between tries a lane of its own, in order', () => {
  const lanes = toLanes(page([FAILED], 33_000), 0);
  expect(lanes.map(({ label }) => label)).toEqual(['load', 'try 1', 'backoff', 'try 2, last']);
  expect(lanes[2]?.tookMs).toBe(30_000);
  expect(lanes[0]?.bars.map(({ kind }) => kind)).toEqual([
    'queued',
    'try',
    'backoff',
    'queued',
    'try',
  ]);
});

it('lets a running try grow with the clock and ends the axis at now', () => {
  const running = task('load', { state: 'running', tries: [tried(1, [1_100, null], 'running')] });
  const live = page([running], null);
  const lanes = toLanes(live, 9_000);
  expect(lanes[0]?.bars.at(-1)).toMatchObject({ toMs: 9_000, isOpen: true });
  expect(toAxis(live, lanes, 9_000).toMs).toBe(9_000);
});

it('draws a backoff that still lasts up to the next try', () => {
  const retrying = task('load', {
    state: 'up_for_retry',
    due: 32_000,
    tries: [tried(1, [1_100, 2_000], 'failed')],
  });
  expect(toLanes(page([retrying], null), 5_000)[0]?.bars.at(-1)).toMatchObject({
    kind: 'backoff',
    toMs: 32_000,
    isOpen: true,
  });
});

it('says why a task did not run', () => {
  const held = task('stats', { state: 'upstream_failed', upstream: ['load'], try_number: 0 });
  expect(toLanes(page([FAILED, held], 33_000), 0).at(-1)?.note).toBe('not run: needs load');
});

it('counts a short run from its start', () => {
  const short = page([], 0);
  const fromMs = Date.parse(short.run.start_date ?? short.run.run_after);
  const run = { ...short.run, end_date: new Date(fromMs + 117).toISOString() };
  expect(toAxis({ ...short, run }, [], 0).ticks.map((tick) => tick - fromMs)).toEqual([
    0, 20, 40, 60, 80, 100,
  ]);
});

it('puts at most seven ticks on round instants', () => {
  const { ticks } = toAxis(page([FAILED], 33_000), toLanes(page([FAILED], 33_000), 0), 0);
  expect(ticks.length).toBeLessThanOrEqual(7);
  expect(ticks.every((tick) => tick % 5_000 === 0)).toBe(true);
});
