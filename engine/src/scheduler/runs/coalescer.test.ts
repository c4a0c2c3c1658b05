import { describe, expect, it } from 'vitest';

import { createCoalescer } from './coalescer.ts';

/** Work that ends when told to. */
function stepwise() {
  const started: string[] = [];
  const finish: (() => void)[] = [];
  const work = (key: string): Promise<void> => {
    started.push(key);
    return new Promise((resolve) => finish.push(resolve));
  };
  return { started, finish, work };
}

const settled = () => new Promise(setImmediate);

describe('createCoalescer', () => {
  it('runs once more for all who asked meanwhile, and never twice at once', async () => {
    const { started, finish, work } = stepwise();
    const coalescer = createCoalescer(work, () => undefined);
    const asked = [1, 2, 3, 4].map(() => coalescer.ask('a'));
    await settled();
    expect(started).toEqual(['a']);
    finish[0]!();
    await settled();
    expect(started).toEqual(['a', 'a']);
    finish[1]!();
    await Promise.all(asked);
    expect(started).toHaveLength(2);
  });

  it('keeps keys apart', () => {
    const { started, work } = stepwise();
    const coalescer = createCoalescer(work, () => undefined);
    void coalescer.ask('a');
    void coalescer.ask('b');
    expect(started).toEqual(['a', 'b']);
  });

  it('tells of a failure and goes on', async () => {
    const errors: unknown[] = [];
    const coalescer = createCoalescer(
      () => Promise.reject(new Error('away')),
      (error) => errors.push(error),
    );
    await coalescer.ask('a');
    await coalescer.ask('a');
    expect(errors).toHaveLength(2);
  });

  it('waits for running work when closed, and starts none', async () => {
    const { started, finish, work } = stepwise();
    const coalescer = createCoalescer(work, () => undefined);
    void coalescer.ask('a');
    void coalescer.ask('a');
    const closed = coalescer.close();
    finish[0]!();
    await closed;
    await coalescer.ask('a');
    expect(started).toHaveLength(1);
  });
});
