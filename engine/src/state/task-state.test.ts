import { describe, expect, it } from 'vitest';

import { nextRunState, RUN_EVENTS, RUN_STATES } from './run-state.ts';
import { isFinishedTaskState, nextTaskState, TASK_EVENTS, TASK_STATES } from './task-state.ts';

const finished = TASK_STATES.filter(isFinishedTaskState);
const unfinished = TASK_STATES.filter((state) => !isFinishedTaskState(state));

/** Events no person and no DAG version is behind. */
const BY_ITSELF = TASK_EVENTS.filter(
  (event) => event !== 'clear' && event !== 'restore' && !event.startsWith('mark_'),
);

describe('the table of task states', () => {
  it.each(finished)('lets nothing but a person move a task instance that is %s', (state) => {
    expect(BY_ITSELF.filter((event) => nextTaskState(state, event) !== null)).toEqual([]);
  });

  it.each(TASK_STATES)('starts a cleared task instance afresh from %s', (state) => {
    const isAtWork = state === 'running' || state === 'restarting';
    expect(nextTaskState(state, 'clear')).toBe(isAtWork ? 'restarting' : 'none');
  });

  it.each(TASK_STATES)('does what a person marks in %s', (state) => {
    expect(nextTaskState(state, 'mark_success')).toBe('success');
    expect(nextTaskState(state, 'mark_failed')).toBe('failed');
    expect(nextTaskState(state, 'mark_skipped')).toBe('skipped');
  });

  it('starts only what was queued, and queues only what was scheduled', () => {
    const leadingTo = (target: string): string[] =>
      TASK_STATES.flatMap((state) =>
        TASK_EVENTS.filter((event) => nextTaskState(state, event) === target)
          .filter((event) => event !== 'clear')
          .map((event) => `${state} ${event}`),
      );
    expect(leadingTo('running')).toEqual(['queued start']);
    expect(leadingTo('queued')).toEqual(['scheduled queue']);
  });

  it.each(unfinished)('has a way out of %s without a person', (state) => {
    const ends = new Set<string>();
    const open: (typeof TASK_STATES)[number][] = [state];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (ends.has(next)) continue;
      ends.add(next);
      for (const event of BY_ITSELF) {
        const after = nextTaskState(next, event);
        if (after !== null) open.push(after);
      }
    }
    expect(ends).toContain('success');
    expect(ends).toContain('failed');
  });

  it.each(unfinished)('ends what is %s when its run times out', (state) => {
    expect(nextTaskState(state, 'run_timed_out')).toBe('skipped');
  });

  it('takes every report of a try that was cleared as its end', () => {
    for (const report of [
      'succeed',
      'fail',
      'retry',
      'skip',
      'reschedule',
      'defer',
      'lose',
    ] as const) {
      expect(nextTaskState('restarting', report)).toBe('none');
    }
  });
});

describe('the table of run states', () => {
  it.each(['success', 'failed'] as const)('lets only a person move a run that is %s', (state) => {
    const moving = RUN_EVENTS.filter((event) => nextRunState(state, event) !== null);
    expect(moving).toEqual(['clear', 'mark_queued', 'mark_success', 'mark_failed']);
  });

  it('leaves an unfinished run as it is when some of its tasks are cleared', () => {
    expect(RUN_STATES.map((state) => nextRunState(state, 'clear'))).toEqual([
      'queued',
      'running',
      'queued',
      'queued',
    ]);
  });
});
