import { expect, it } from 'vitest';

import { SignInThrottle } from './sign-in-throttle.ts';

const fail = (throttle: SignInThrottle, times: number, nowMs = 0): void => {
  for (let time = 0; time < times; time += 1) throttle.begin('ana', '10.0.0.1', nowMs);
};

it('lets five failures pass, then waits longer after each', () => {
  const throttle = new SignInThrottle();
  fail(throttle, 5);
  expect(() => throttle.begin('ana', '10.0.0.1', 999)).toThrow('try again in 1 s');
  throttle.begin('ana', '10.0.0.1', 1_000);
  expect(() => throttle.begin('ana', '10.0.0.1', 1_001)).toThrow('try again in 2 s');
});

it('waits a minute at most', () => {
  const throttle = new SignInThrottle();
  for (let time = 0; time < 20; time += 1) throttle.begin('ana', '10.0.0.1', time * 60_000);
  expect(() => throttle.begin('ana', '10.0.0.1', 19 * 60_000)).toThrow('try again in 60 s');
});

it('forgets failures once somebody is in, and leaves other addresses alone', () => {
  const throttle = new SignInThrottle();
  fail(throttle, 4);
  throttle.begin('ana', '10.0.0.1', 0).succeeded();
  fail(throttle, 5);
  throttle.begin('ana', '10.0.0.2', 0);
});

it('slows an address down that tries many names', () => {
  const throttle = new SignInThrottle();
  for (let name = 0; name < 30; name += 1) throttle.begin(`user${name}`, '10.0.0.1', 0);
  expect(() => throttle.begin('one more', '10.0.0.1', 0)).toThrow('sign-in failed too often');
});
