import type { ByteBudget } from './byte-budget.ts';

/** One step of a paged read: what was read and where the next page starts (undefined: nothing follows). */
export interface Page<T> {
  readonly content: T;
  readonly next: number | undefined;
}

export interface ReadAheadOptions {
  readonly budget: ByteBudget;
  /** What one page may take. */
  readonly pageBytes: number;
}

/**
 * Yields the pages of a read, fetching the next while the consumer works on the last, as far as the
 * budget allows. When the consumer stops, a page under way is awaited and dropped.
 */
export async function* readAhead<T>(
  from: number,
  fetchPage: (position: number) => Promise<Page<T>>,
  { budget, pageBytes }: ReadAheadOptions,
): AsyncGenerator<T, void> {
  let position: number | undefined = from;
  let ahead: Promise<Page<T>> | undefined;
  try {
    while (position !== undefined) {
      const page: Page<T> = await (ahead ?? fetchPage(position));
      // The page read ahead is now the consumer's, which counts as the range's own.
      if (ahead !== undefined) budget.give(pageBytes);
      ahead = undefined;
      position = page.next;
      if (position !== undefined && budget.tryTake(pageBytes)) {
        ahead = fetchPage(position);
        // The consumer may stop before this page is awaited.
        ahead.catch(() => undefined);
      }
      yield page.content;
    }
  } finally {
    if (ahead !== undefined) {
      await ahead.catch(() => undefined);
      budget.give(pageBytes);
    }
  }
}
