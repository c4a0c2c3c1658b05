import type { Clock } from '@tidegate/engine/platform';

import type { BinlogPosition } from './position.ts';

/** What a running capture says about itself. */
export interface CaptureStatus {
  readonly phase: 'streaming' | 'waiting' | 'stopped' | 'failed';
  /** What it waits for while `waiting`, why it ended when `failed`. */
  readonly reason: string | undefined;
  readonly epoch: number;
  /** Everything before is in the topic log. */
  readonly position: BinlogPosition;
  readonly gtid: string | null;
  /** Age of the oldest change read and not yet produced, or since the source was last heard; 0 when level. */
  readonly lagMs: number;
  readonly rowsPerSecond: number;
  /** Rows produced since this process started. */
  readonly rows: number;
  readonly bufferedRows: number;
  readonly snapshots: readonly SnapshotProgress[];
}

export interface SnapshotProgress {
  readonly table: string;
  readonly topic: string;
  readonly status: 'pending' | 'running' | 'done';
  readonly rows: number;
}

const WINDOW_MS = 10_000;

/** Rows per second over the last ten seconds. */
export class RateMeter {
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  #samples: { atMs: number; rows: number }[] = [];
  total = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAtMs = clock.now();
  }

  add(rows: number): void {
    if (rows === 0) return;
    this.total += rows;
    const atMs = this.#clock.now();
    const last = this.#samples.at(-1);
    // One sample per tenth of a second bounds the list whatever the rate of flushes.
    if (last !== undefined && atMs - last.atMs < 100) last.rows += rows;
    else this.#samples.push({ atMs, rows });
  }

  get perSecond(): number {
    const now = this.#clock.now();
    this.#samples = this.#samples.filter((sample) => now - sample.atMs < WINDOW_MS);
    const rows = this.#samples.reduce((sum, sample) => sum + sample.rows, 0);
    const spanMs = Math.min(WINDOW_MS, Math.max(1_000, now - this.#startedAtMs));
    return Math.round((rows * 1000) / spanMs);
  }
}
