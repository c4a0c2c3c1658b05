import type { Clock } from '../../platform/clock.ts';

/** At most one timer a key. */
export class KeyedTimers {
  private readonly clock: Clock;
  private readonly cancels = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  has(key: string): boolean {
    return this.cancels.has(key);
  }

  /** Takes the place of the key's timer. */
  set(key: string, delayMs: number, callback: () => void): void {
    this.cancel(key);
    const fire = (): void => {
      this.cancels.delete(key);
      callback();
    };
    this.cancels.set(key, this.clock.after(delayMs, fire));
  }

  cancel(key: string): void {
    this.cancels.get(key)?.();
    this.cancels.delete(key);
  }

  cancelAll(): void {
    for (const key of this.cancels.keys()) this.cancel(key);
  }
}
