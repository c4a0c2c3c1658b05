/** Short: the round trip for the next grant takes as long as the task. */
const SHORT_MS = 10;
/** So many tasks in a row have to be short. */
const PROOF = 64;
/** A task that is held longer than this shows that what waits behind it might start sooner elsewhere. */
const LONGEST_HELD_MS = 250;
const MOST_PER_SLOT = 3;

/**
 * How many tasks a worker takes beyond its slots. While all of them are short, some wait here for a process
 * instead of every one waiting for its own round trip, and one commit of the engine holds many: twice the
 * tasks a second. As soon as one is not short, a worker takes what it can run and no more.
 */
export class Prefetch {
  #shortInARow = 0;

  /** A task ended that ran for so long, in milliseconds. */
  ended(ranMs: number): void {
    this.#shortInARow = ranMs < SHORT_MS ? this.#shortInARow + 1 : 0;
  }

  /** `longestHeldMs`: since the oldest task this worker holds was granted. */
  isAllowed(longestHeldMs: number): boolean {
    return this.#shortInARow >= PROOF && longestHeldMs < LONGEST_HELD_MS;
  }

  /** Tasks to take beyond `slots`. */
  beyond(slots: number, longestHeldMs: number): number {
    return this.isAllowed(longestHeldMs) ? MOST_PER_SLOT * slots : 0;
  }
}
