import { expect, it } from 'vitest';

import { formatSeconds } from './duration.ts';

it.each([
  [0, '0 s'],
  [0.0004, '0.4 ms'],
  [0.048, '48 ms'],
  [0.131, '131 ms'],
  [3.14, '3.1 s'],
  [9, '9 s'],
  [41.6, '42 s'],
  [59.7, '1 m'],
  [103, '1 m 43 s'],
  [3_600, '1 h'],
  [61_500, '17 h 5 m'],
  [190_000, '2 d 4 h'],
  [null, 'unknown'],
])('writes %s seconds as %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
