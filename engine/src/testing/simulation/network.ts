import type { Random } from './random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What goes wrong, as probabilities of each chance there is. */
export interface Faults {
  readonly drop: number;
  readonly double: number;
  /** Seconds late instead of milliseconds. */
  readonly late: number;
  readonly failBeforeCommit: number;
  /** The commit happened and its answer is lost: whoever asked does it all again. */
  readonly answerLost: number;
  /** The scheduler dies between the commit and telling anybody. */
  readonly dieAfterCommit: number;
  readonly schedulerDies: number;
  readonly workerDies: number;
  /** A worker stands still longer than its lease, then goes on. */
  readonly workerPauses: number;
  /** The queue forgets every job it holds. */
  readonly queueEmptied: number;
  /** Somebody clears or marks tasks or a run. */
  readonly personActs: number;
}

/** Carries messages, loses, doubles and delays some, until things calm down. */
export class Network {
  readonly time: VirtualTime;
  readonly random: Random;
  private readonly faults: Faults;
  private readonly calmAtMs: number;

  constructor(
    given: { readonly time: VirtualTime; readonly random: Random },
    faults: Faults,
    calmAtMs: number,
  ) {
    this.time = given.time;
    this.random = given.random;
    this.faults = faults;
    this.calmAtMs = calmAtMs;
  }

  /** Nothing goes wrong any more. */
  isCalm(): boolean {
    return this.time.now() >= this.calmAtMs;
  }

  /** True when this fault strikes now. */
  strikes(fault: keyof Faults): boolean {
    return !this.isCalm() && this.random.chance(this.faults[fault]);
  }

  send(deliver: () => void): void {
    if (this.strikes('drop')) return;
    this.time.after(this.delay(), deliver);
    if (this.strikes('double')) this.time.after(this.delay(), deliver);
  }

  private delay(): number {
    return this.strikes('late') ? this.random.between(1_000, 30_000) : this.random.between(0, 5);
  }
}
