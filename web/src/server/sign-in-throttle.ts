import { WebError } from './errors.ts';

/** Failures in a row that cost nothing: of one account from one address, and of one address. */
const FREE_OF_ACCOUNT = 5;
const FREE_OF_ADDRESS = 30;
const LONGEST_WAIT_MS = 60_000;
const FORGOTTEN_MS = 15 * 60_000;
const MOST_KEYS = 10_000;

interface Failures {
  count: number;
  lastMs: number;
}

/**
 * Slows guessing down: after the free failures each further try waits twice as long, a minute at most. It
 * goes by address, so that nobody can lock another's account.
 */
export class SignInThrottle {
  readonly #failures = new Map<string, Failures>();

  /**
   * Counts a try as failed until it says otherwise, so that many at once are counted too. Throws
   * `TOO_MANY_TRIES`.
   */
  begin(username: string, address: string, nowMs: number): { readonly succeeded: () => void } {
    const limits = [
      [`${address} ${username}`, FREE_OF_ACCOUNT],
      [address, FREE_OF_ADDRESS],
    ] as const;
    for (const [key, free] of limits) this.#refuse(key, free, nowMs);
    for (const [key] of limits) this.#count(key, nowMs);
    return {
      succeeded: () => {
        for (const [key] of limits) this.#failures.delete(key);
      },
    };
  }

  #refuse(key: string, free: number, nowMs: number): void {
    const known = this.#failures.get(key);
    if (known === undefined || known.count < free) return;
    const waitMs = Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** Math.min(known.count - free, 10));
    const leftMs = known.lastMs + waitMs - nowMs;
    if (leftMs <= 0) return;
    const retryAfterSeconds = Math.ceil(leftMs / 1_000);
    throw new WebError(
      'TOO_MANY_TRIES',
      `sign-in failed too often: try again in ${retryAfterSeconds} s`,
      { details: { retryAfterSeconds } },
    );
  }

  #count(key: string, nowMs: number): void {
    const known = this.#failures.get(key);
    const isRecent = known !== undefined && nowMs - known.lastMs < FORGOTTEN_MS;
    this.#failures.delete(key);
    this.#failures.set(key, { count: (isRecent ? known.count : 0) + 1, lastMs: nowMs });
    if (this.#failures.size <= MOST_KEYS) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      break;
    }
  }
}
