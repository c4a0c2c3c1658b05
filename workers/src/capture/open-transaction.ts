import type { StreamItem } from './outbox.ts';

/** Beyond this a transaction is handed on while it is read: memory must not grow with it. */
const MOST_ROWS = 2_000;
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Rows of the transaction being read, until its end is read.
 *
 * A server killed in the middle of writing a transaction leaves the beginning of it in a file, and rolls it
 * back when it starts again: rows without their end never happened.
 */
export class OpenTransaction {
  #items: StreamItem[] = [];
  #rows = 0;
  #bytes = 0;

  add(item: StreamItem): void {
    this.#items.push(item);
    this.#rows += item.rows;
    for (const { value } of item.records) this.#bytes += value?.length ?? 0;
  }

  get isLarge(): boolean {
    return this.#rows >= MOST_ROWS || this.#bytes >= MOST_BYTES;
  }

  take(): readonly StreamItem[] {
    const items = this.#items;
    this.#items = [];
    this.#rows = 0;
    this.#bytes = 0;
    return items;
  }
}
