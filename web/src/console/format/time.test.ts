import { expect, it } from 'vitest';

import { formatAgo, formatClock, formatMoment } from './time.ts';

const NOW = Date.parse('2026-11-21T10:09:17Z');

it('shows the clock of today and the day of what is older', () => {
  expect(formatMoment(NOW - 154_000, NOW, 'UTC')).toBe('10:06:43');
  expect(formatMoment(Date.parse('2026-11-20T14:02:00Z'), NOW, 'UTC')).toBe('20 Nov 14:02');
});

it('writes midnight as 00, not 24', () => {
  expect(formatClock(Date.parse('2026-11-21T00:00:00Z'), 'UTC')).toBe('00:00:00');
});

it('says how long ago, or how soon', () => {
  expect(formatAgo(NOW - 154_000, NOW)).toBe('2 m 34 s ago');
  expect(formatAgo(NOW + 24_660_000, NOW)).toBe('in 6 h 51 m');
  expect(formatAgo(NOW, NOW)).toBe('now');
});
