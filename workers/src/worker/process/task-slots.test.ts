import { describe, expect, it } from 'vitest';

import { TaskSlots, type HandedTask } from './task-slots.ts';

/** Long enough for what is done in the next turns of the loop. */
const turn = async (): Promise<void> => {
  for (let turns = 0; turns < 4; turns += 1) await new Promise(setImmediate);
};

/** `isSlow`: what is told leaves the process when the test says so. */
function slotsOf(slots: number, isSlow = false) {
  const thens: (() => void)[] = [];
  const events: string[] = [];
  const ends = new Map<number, () => void>();
  const taskSlots = new TaskSlots<HandedTask>({
    slots,
    tellStarted: (tasks, then) => {
      events.push(`told ${tasks.map(({ handle }) => handle).join()}`);
      if (isSlow) thens.push(then);
      else then();
    },
    run: ({ handle }) =>
      new Promise((resolve) => {
        events.push(`runs ${handle}`);
        ends.set(handle, resolve);
      }),
  });
  const take = (from: number, to: number, isAhead: boolean): void => {
    for (let handle = from; handle <= to; handle += 1) taskSlots.take({ handle, isAhead });
  };
  const end = (...handles: number[]): void => handles.forEach((handle) => ends.get(handle)?.());
  const seen = (): string[] => events.splice(0);
  const sent = (): void => thens.splice(0).forEach((then) => then());
  return { taskSlots, take, end, seen, sent };
}

describe('tries handed to a process ahead', () => {
  it('wait for a slot, start in their order and are told before they run', async () => {
    const { take, end, seen } = slotsOf(2);
    take(1, 2, false);
    take(3, 6, true);
    await turn();
    expect(seen()).toEqual(['runs 1', 'runs 2']);
    end(1, 2);
    await turn();
    expect(seen()).toEqual(['told 3,4', 'runs 3', 'runs 4']);
    end(4);
    await turn();
    expect(seen()).toEqual(['told 5', 'runs 5']);
  });

  it('start without waiting where slots are free', async () => {
    const { take, seen } = slotsOf(2);
    take(1, 1, true);
    await turn();
    expect(seen()).toEqual(['told 1', 'runs 1']);
  });

  it('are run at once when they are told to stop, and the others keep their order', async () => {
    const { taskSlots, take, end, seen } = slotsOf(1);
    take(1, 1, false);
    take(2, 4, true);
    taskSlots.stop(3);
    taskSlots.stop(1);
    expect(seen()).toEqual(['runs 1', 'told 3', 'runs 3']);
    end(3);
    await turn();
    expect(seen()).toEqual([]);
    end(1);
    await turn();
    expect(seen()).toEqual(['told 2', 'runs 2']);
  });

  it('run when their start has left the process, and hold their slots before', async () => {
    const { take, seen, sent } = slotsOf(1, true);
    take(1, 2, true);
    await turn();
    expect(seen()).toEqual(['told 1']);
    sent();
    expect(seen()).toEqual(['runs 1']);
    await turn();
    expect(seen()).toEqual([]);
  });

  it('are given back as long as they have not started', async () => {
    const { taskSlots, take, end, seen } = slotsOf(1);
    take(1, 1, false);
    take(2, 3, true);
    expect(taskSlots.giveBack(1)).toBe(false);
    expect(taskSlots.giveBack(2)).toBe(true);
    expect(taskSlots.giveBack(2)).toBe(false);
    end(1);
    await turn();
    expect(seen()).toEqual(['runs 1', 'told 3', 'runs 3']);
  });

  it('do not start in a process that is dying', async () => {
    const { taskSlots, take, end, seen } = slotsOf(1);
    take(1, 1, false);
    take(2, 2, true);
    taskSlots.close();
    end(1);
    await turn();
    expect(seen()).toEqual(['runs 1']);
  });
});
