import type { Clock } from '../platform/clock.ts';
import type { TimerRow } from '../state/flush-rows.ts';

/**
 * Timers that are due soon, fed from SQL by the sweep and from each flush. Fires each once; one that never
 * fires because the process died is found by the next sweep.
 */
export class TimerWheel {
  private readonly clock: Clock;
  private readonly fire: (timers: readonly TimerRow[]) => void;
  private readonly timers = new Map<string, TimerRow>();
  private next: { readonly atMs: number; readonly cancel: () => void } | null = null;

  constructor(clock: Clock, fire: (timers: readonly TimerRow[]) => void) {
    this.clock = clock;
    this.fire = fire;
  }

  set(timers: readonly TimerRow[]): void {
    for (const timer of timers) {
      this.timers.set(`${timer.runKey}/${timer.ix}/${timer.kind}`, timer);
    }
    this.arm();
  }

  close(): void {
    this.timers.clear();
    this.next?.cancel();
    this.next = null;
  }

  private arm(): void {
    let earliest = Infinity;
    for (const timer of this.timers.values()) earliest = Math.min(earliest, timer.dueMs);
    if (earliest === Infinity || (this.next !== null && this.next.atMs <= earliest)) return;
    this.next?.cancel();
    const delay = Math.max(0, earliest - this.clock.now());
    this.next = { atMs: earliest, cancel: this.clock.after(delay, () => this.ring()) };
  }

  private ring(): void {
    this.next = null;
    const now = this.clock.now();
    const due: TimerRow[] = [];
    for (const [key, timer] of this.timers) {
      if (timer.dueMs > now) continue;
      due.push(timer);
      this.timers.delete(key);
    }
    if (due.length > 0) this.fire(due);
    this.arm();
  }
}
