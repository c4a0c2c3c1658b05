/** One step of a paged read: what was read and where the next page starts (undefined: nothing follows). */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: number | undefined;
}

/**
 * Yields the pages of a read, asking for the next while the consumer works on the last. Pages without
 * items (gaps) are passed over. When the consumer stops, the page under way is awaited and dropped.
 */
export async function* readAhead<T>(
  from: number,
  fetchPage: (position: number) => Promise<Page<T>>,
): AsyncGenerator<readonly T[], void> {
  let pending: Promise<Page<T>> | undefined = fetchPage(from);
  try {
    while (pending !== undefined) {
      const page: Page<T> = await pending;
      pending = page.next === undefined ? undefined : fetchPage(page.next);
      // An early return of the consumer must not leave a rejection unhandled.
      pending?.catch(() => undefined);
      if (page.items.length > 0) yield page.items;
    }
  } finally {
    await pending?.catch(() => undefined);
  }
}
