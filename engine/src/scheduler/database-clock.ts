import { systemClock, type Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';

export interface DatabaseClockOptions {
  /** Asks the database for its time, in milliseconds since the epoch. */
  readonly readTime: () => Promise<number>;
  readonly logger: Logger;
  /** This machine's wall clock and steady clock; tests give their own. */
  readonly local?: LocalClocks;
}

export interface LocalClocks extends Clock {
  /** Milliseconds that only ever grow, whoever sets the wall clock. */
  steady(): number;
}

const LOCAL: LocalClocks = { ...systemClock, steady: () => performance.now() };

const ASKED_EVERY_MS = 10_000;
/** An answer that took longer says too little. */
const WORTH_MS = 1_000;
/** Told once it is more than any network explains. */
const TOLD_MS = 5_000;

/**
 * The database's time, carried on by this machine's steady clock between two looks at it.
 *
 * Leases, timers and intervals of several schedulers are compared in one database: by their own wall clocks one that
 * is a minute ahead would end the leases of every worker, and a clock set by hand would do it alone.
 */
export class DatabaseClock implements Clock {
  readonly #options: DatabaseClockOptions;
  readonly #local: LocalClocks;
  /** Database time minus steady time. */
  #offsetMs: number;
  #isSkewTold = false;
  #cancel: () => void = () => undefined;
  #isClosed = false;

  private constructor(options: DatabaseClockOptions) {
    this.#options = options;
    this.#local = options.local ?? LOCAL;
    this.#offsetMs = this.#local.now() - this.#local.steady();
  }

  /** Rejects when the database cannot be asked. */
  static async open(options: DatabaseClockOptions): Promise<DatabaseClock> {
    const clock = new DatabaseClock(options);
    await clock.#look();
    clock.#lookLater();
    return clock;
  }

  now(): number {
    return Math.round(this.#offsetMs + this.#local.steady());
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#local.after(delayMs, callback);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #lookLater(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#local.after(ASKED_EVERY_MS, () => {
      this.#look()
        .catch((thrown: unknown) => {
          this.#options.logger.debug({ err: toError(thrown) }, 'database time was not read');
        })
        .finally(() => this.#lookLater());
    });
  }

  async #look(): Promise<void> {
    const before = this.#local.steady();
    const databaseMs = await this.#options.readTime();
    const after = this.#local.steady();
    const tookMs = after - before;
    if (Number.isNaN(databaseMs) || tookMs > WORTH_MS) return;
    const wallOffsetMs = this.#local.now() - after;
    const offsetMs = databaseMs - (before + after) / 2;
    const skewMs = wallOffsetMs - offsetMs;
    // Within what the question itself took, the wall clock is as good, and the same for all on this machine.
    this.#offsetMs = Math.abs(skewMs) <= tookMs / 2 + 1 ? wallOffsetMs : offsetMs;
    if (Math.abs(skewMs) < TOLD_MS) this.#isSkewTold = false;
    else if (!this.#isSkewTold) {
      this.#isSkewTold = true;
      const fields = { skewMs: Math.round(skewMs) };
      this.#options.logger.warn(
        fields,
        "this machine's clock differs from the database's, whose is used",
      );
    }
  }
}
