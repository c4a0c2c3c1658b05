import type { Clock } from '../../platform/clock.ts';

interface Pending {
  readonly at: number;
  /** Of two at the same instant the one set first comes first. */
  readonly sequence: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

/** A clock that jumps from one timer to the next. */
export class VirtualTime implements Clock {
  private readonly pending: Pending[] = [];
  private nowMs: number;
  private sequence = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.sequence += 1;
    const timer = {
      at: this.nowMs + Math.max(0, delayMs),
      sequence: this.sequence,
      callback,
      isCancelled: false,
    };
    this.insert(timer);
    return () => {
      timer.isCancelled = true;
    };
  }

  /** Runs timers in order until `isDone` says so (true) or none is due before `deadlineMs` (false). */
  runUntil(isDone: () => boolean, deadlineMs: number): boolean {
    while (!isDone()) {
      const next = this.pending.pop();
      if (next === undefined || next.at > deadlineMs) return false;
      if (next.isCancelled) continue;
      this.nowMs = next.at;
      next.callback();
    }
    return true;
  }

  /** The list is kept latest first, so that the next timer is its last. */
  private insert(timer: Pending): void {
    let low = 0;
    let high = this.pending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.pending[middle];
      if (other !== undefined && isBefore(timer, other)) low = middle + 1;
      else high = middle;
    }
    this.pending.splice(low, 0, timer);
  }
}

function isBefore(one: Pending, other: Pending): boolean {
  return one.at === other.at ? one.sequence < other.sequence : one.at < other.at;
}
