import fc from 'fast-check';
import { expect, it } from 'vitest';

import { retryDelayMs, type RetryPolicy } from './retry-delay.ts';

const exponential: RetryPolicy = {
  retryDelayMs: 1_000,
  retryBackoff: 'exponential',
  maxRetryDelayMs: null,
};

it('waits the same time before every retry when constant', () => {
  const policy: RetryPolicy = { ...exponential, retryBackoff: 'constant' };
  expect([1, 2, 9].map((tryNumber) => retryDelayMs(policy, tryNumber, 'a'))).toEqual([
    1_000, 1_000, 1_000,
  ]);
});

it('doubles each time, moved by less than one doubling', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), fc.string(), (tryNumber, identity) => {
      const base = 1_000 * 2 ** (tryNumber - 1);
      const delay = retryDelayMs(exponential, tryNumber, identity);
      expect(delay).toBeGreaterThanOrEqual(base);
      expect(delay).toBeLessThan(2 * base);
      expect(retryDelayMs(exponential, tryNumber, identity)).toBe(delay);
    }),
  );
});

it('spreads tasks that fail together over the whole span', () => {
  const delays = Array.from({ length: 1_000 }, (_, i) => retryDelayMs(exponential, 1, `run/${i}`));
  for (const from of [1_000, 1_250, 1_500, 1_750]) {
    const share = delays.filter((delay) => delay >= from && delay < from + 250).length;
    expect(share).toBeGreaterThan(200);
    expect(share).toBeLessThan(300);
  }
});

it('never waits longer than the cap, nor than a day', () => {
  expect(retryDelayMs({ ...exponential, maxRetryDelayMs: 5_000 }, 10, 'a')).toBe(5_000);
  expect(retryDelayMs(exponential, 1_000, 'a')).toBe(86_400_000);
});
