import type { DeltaRow } from '@tidegate/engine/server';

/** A key given out and never seen belongs to a transaction that was rolled back after this long at most. */
const HOLE_MS = 30_000;
const MOST_HOLES = 1_000;
/** Behind the newest key at the start: transactions with lower keys may still be under way. */
const START_BEHIND = 20;

/**
 * Where a reader of `flush_delta` stands. Keys are given out before commits, so a lower one may appear after
 * a higher one: those left out are asked for again for a while.
 */
export class DeltaCursor {
  #after: number;
  readonly #holes = new Map<number, number>();

  constructor(newestKey: number) {
    this.#after = Math.max(0, newestKey - START_BEHIND);
  }

  get after(): number {
    return this.#after;
  }

  get holes(): number[] {
    return [...this.#holes.keys()];
  }

  /** Moves on over the rows read, which come in the order of their keys. */
  moveOver(rows: readonly DeltaRow[], nowMs: number): void {
    for (const { delta_key: key } of rows) {
      this.#holes.delete(key);
      if (key <= this.#after) continue;
      const isGap = key - this.#after <= MOST_HOLES;
      for (let hole = this.#after + 1; isGap && hole < key; hole += 1) this.#holes.set(hole, nowMs);
      this.#after = key;
    }
    for (const [hole, sinceMs] of this.#holes) {
      if (nowMs - sinceMs < HOLE_MS && this.#holes.size <= MOST_HOLES) break;
      this.#holes.delete(hole);
    }
  }
}
