import { describe, expect, it } from 'vitest';

import { Prefetch } from './prefetch.ts';

function afterTasks(count: number, ranMs: number): Prefetch {
  const prefetch = new Prefetch();
  for (let task = 0; task < count; task += 1) prefetch.ended(ranMs);
  return prefetch;
}

describe('what a worker takes beyond its slots', () => {
  it('is nothing until many tasks in a row were short', () => {
    expect(new Prefetch().beyond(32, 0)).toBe(0);
    expect(afterTasks(63, 1).beyond(32, 0)).toBe(0);
    expect(afterTasks(64, 1).beyond(32, 0)).toBe(96);
    expect(afterTasks(1_000, 10).beyond(32, 0)).toBe(0);
  });

  it('is nothing again after one long task, until as many in a row were short', () => {
    const prefetch = afterTasks(1_000, 1);
    prefetch.ended(10);
    expect(prefetch.beyond(32, 0)).toBe(0);
    for (let task = 0; task < 64; task += 1) prefetch.ended(1);
    expect(prefetch.beyond(32, 0)).toBe(96);
  });

  it('is nothing while a task is held for long, which may be one that does not end', () => {
    const prefetch = afterTasks(1_000, 1);
    expect(prefetch.beyond(32, 249)).toBe(96);
    expect(prefetch.beyond(32, 250)).toBe(0);
  });
});
