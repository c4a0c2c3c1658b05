import { expect, it } from 'vitest';

import { settle } from './settle.ts';
import { toTaskGraph } from './task-graph.ts';

const chain = toTaskGraph([
  { id: 'a', upstream: [] },
  { id: 'b', upstream: ['a'] },
  { id: 'c', upstream: ['b'], triggerRule: 'all_done' },
]);

it('decides every level at once', () => {
  expect(settle(chain, ['failed', 'none', 'none'])).toEqual({
    states: ['failed', 'upstream_failed', 'none'],
    runnable: [2],
  });
});

it.each(['scheduled', 'up_for_retry', 'up_for_reschedule'] as const)(
  'lets a task that is %s wait again when its upstream was cleared',
  (state) => {
    expect(settle(chain, ['success', 'none', state]).states).toEqual(['success', 'none', 'none']);
  },
);

it('leaves a task ready whose cleared upstream is decided again at once', () => {
  expect(settle(chain, ['failed', 'none', 'scheduled']).states).toEqual([
    'failed',
    'upstream_failed',
    'scheduled',
  ]);
});

it('keeps back a retry whose time has not come', () => {
  expect(settle(chain, ['up_for_retry', 'none', 'none'], () => false).runnable).toEqual([]);
});
