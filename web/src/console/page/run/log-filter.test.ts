import { expect, it } from 'vitest';

import type { LogMessage } from '../../../contract/task-instances.ts';
import { countLevels, filterLines, findLines } from './log-filter.ts';

const line = (
  level: LogMessage['level'],
  event: string,
  fields?: Record<string, unknown>,
): LogMessage => ({
  timestamp: '2026-11-21T10:06:43.088Z',
  level,
  event,
  logger: 'task',
  ...(fields === undefined ? {} : { fields }),
});
const LINES = [
  line('debug', 'reads'),
  line('info', 'reading', { topic: 'orders' }),
  line('warn', 'slow'),
  line('error', 'Too many parts'),
];

it('keeps the numbers of the whole log when a level hides lines', () => {
  expect(filterLines(LINES, 'warn').map(({ number }) => number)).toEqual([3, 4]);
  expect(filterLines(LINES, undefined)).toHaveLength(4);
});

it('finds words in any case, in fields too', () => {
  const all = filterLines(LINES, undefined);
  expect(findLines(all, 'too MANY')).toEqual([3]);
  expect(findLines(all, 'orders')).toEqual([1]);
  expect(findLines(all, '')).toEqual([]);
});

it('counts lines by level', () => {
  expect(countLevels(LINES)).toEqual({ info: 1, warn: 1, error: 1 });
});
