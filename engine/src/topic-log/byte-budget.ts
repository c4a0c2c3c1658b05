/**
 * Bytes that may be read ahead, shared by all ranges of one client.
 *
 * The page a consumer waits for is always fetched: a reader that waited for its only page could block the
 * one that would free the bytes. What is read ahead of it must fit in the budget, so memory stays below
 * the number of open ranges times a page, plus the budget.
 */
export class ByteBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** True when the bytes were taken; give them back when the page is used up. */
  tryTake(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}
