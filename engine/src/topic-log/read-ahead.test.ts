import { describe, expect, it } from 'vitest';

import { ByteBudget } from './byte-budget.ts';
import { readAhead, type Page } from './read-ahead.ts';

const PAGE_BYTES = 100;

/** Pages 0, 1, 2 … up to `last`, and how many of them were fetched. */
function source(last: number): {
  fetched: () => number;
  fetch: (at: number) => Promise<Page<number>>;
} {
  let count = 0;
  return {
    fetched: () => count,
    fetch: (at) => {
      count += 1;
      return Promise.resolve({ content: at, next: at < last ? at + 1 : undefined });
    },
  };
}

async function drain(pages: AsyncGenerator<number>): Promise<number[]> {
  const read: number[] = [];
  for await (const page of pages) read.push(page);
  return read;
}

describe('readAhead', () => {
  it('yields all pages in order, each fetched once, and gives the budget back', async () => {
    const budget = new ByteBudget(PAGE_BYTES);
    const pages = source(5);
    const options = { budget, pageBytes: PAGE_BYTES };
    expect(await drain(readAhead(0, pages.fetch, options))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(pages.fetched()).toBe(6);
    expect(budget.tryTake(PAGE_BYTES)).toBe(true);
  });

  it('fetches one page ahead while the budget allows it', async () => {
    const pages = source(5);
    const reading = readAhead(0, pages.fetch, {
      budget: new ByteBudget(PAGE_BYTES),
      pageBytes: PAGE_BYTES,
    });
    await reading.next();
    expect(pages.fetched()).toBe(2);
    await reading.return();
  });

  it('reads without reading ahead when the budget is used up, and never stalls', async () => {
    const budget = new ByteBudget(PAGE_BYTES);
    expect(budget.tryTake(PAGE_BYTES)).toBe(true);
    const pages = source(3);
    const reading = readAhead(0, pages.fetch, { budget, pageBytes: PAGE_BYTES });
    await reading.next();
    expect(pages.fetched()).toBe(1);
    expect(await drain(reading)).toEqual([1, 2, 3]);
  });

  it('keeps memory within one page a range and the budget, however many ranges are open', async () => {
    const budget = new ByteBudget(PAGE_BYTES * 2);
    const sources = Array.from({ length: 6 }, () => source(9));
    const readers = sources.map((each) =>
      readAhead(0, each.fetch, { budget, pageBytes: PAGE_BYTES }),
    );
    for (const reader of readers) await reader.next();
    const held = sources.reduce((sum, each) => sum + each.fetched(), 0);
    expect(held).toBe(6 + 2);
    for (const reader of readers) await reader.return();
    expect(budget.tryTake(PAGE_BYTES * 2)).toBe(true);
  });

  it('gives the budget back when the consumer stops or a page fails', async () => {
    const budget = new ByteBudget(PAGE_BYTES);
    const fetch = (at: number): Promise<Page<number>> =>
      at < 2
        ? Promise.resolve({ content: at, next: at + 1 })
        : Promise.reject(new Error('page 2 is broken'));
    const options = { budget, pageBytes: PAGE_BYTES };
    await expect(drain(readAhead(0, fetch, options))).rejects.toThrow('page 2 is broken');
    expect(budget.tryTake(PAGE_BYTES)).toBe(true);
  });
});
