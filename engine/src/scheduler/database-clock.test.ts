import { describe, expect, it } from 'vitest';

import { silentLogger } from '../platform/log.ts';
import { DatabaseClock, type LocalClocks } from './database-clock.ts';

/** A machine whose wall clock can be set, and a database with a time of its own. */
class Machine implements LocalClocks {
  elapsedMs = 0;
  wallMs: number;
  tripMs = 2;
  timers: { atMs: number; callback: () => void }[] = [];
  readonly databaseMs: number;

  constructor(given: { readonly wallMs: number; readonly databaseMs: number }) {
    this.wallMs = given.wallMs;
    this.databaseMs = given.databaseMs;
  }

  now(): number {
    return this.wallMs + this.elapsedMs;
  }

  steady(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.timers.push({ atMs: this.elapsedMs + delayMs, callback });
    return () => undefined;
  }

  /** The answer is of the middle of the trip. */
  readonly readTime = (): Promise<number> => {
    this.elapsedMs += this.tripMs / 2;
    const answer = this.databaseMs + this.elapsedMs;
    this.elapsedMs += this.tripMs / 2;
    return Promise.resolve(answer);
  };

  async pass(ms: number): Promise<void> {
    this.elapsedMs += ms;
    const due = this.timers.filter(({ atMs }) => atMs <= this.elapsedMs);
    this.timers = this.timers.filter(({ atMs }) => atMs > this.elapsedMs);
    for (const { callback } of due) callback();
    // What the callbacks began ends without waiting for anything but promises.
    await new Promise((resolve) => setImmediate(resolve));
  }

  open(): Promise<DatabaseClock> {
    return DatabaseClock.open({ readTime: this.readTime, logger: silentLogger, local: this });
  }
}

const NOON = Date.UTC(2026, 0, 1, 12);
const HOUR_MS = 3_600_000;

describe('the clock of a scheduler', () => {
  it("tells the database's time on a machine that is two hours ahead", async () => {
    const machine = new Machine({ wallMs: NOON + 2 * HOUR_MS, databaseMs: NOON });
    const clock = await machine.open();
    await machine.pass(500);
    expect(clock.now()).toBe(NOON + machine.elapsedMs);
  });

  it('does not see the wall clock being set', async () => {
    const machine = new Machine({ wallMs: NOON, databaseMs: NOON });
    const clock = await machine.open();
    machine.wallMs -= 2 * HOUR_MS;
    expect(clock.now()).toBe(NOON + machine.elapsedMs);
    await machine.pass(10_001);
    expect(clock.now()).toBe(NOON + machine.elapsedMs);
  });

  it('is the wall clock, to the millisecond, where the two agree within the trip', async () => {
    const machine = new Machine({ wallMs: NOON, databaseMs: NOON + 40 });
    machine.tripMs = 100;
    const clock = await machine.open();
    expect(clock.now()).toBe(machine.now());
  });

  it('goes on when the database is away, or too slow to tell', async () => {
    const machine = new Machine({ wallMs: NOON + HOUR_MS, databaseMs: NOON });
    const clock = await machine.open();
    machine.tripMs = 30_000;
    await machine.pass(10_001);
    expect(clock.now()).toBe(NOON + machine.elapsedMs);
  });
});
