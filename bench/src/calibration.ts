import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { median, round } from './workload.ts';

/** What this machine did in the same run, so that figures of different machines and days can be compared. */
export interface Calibration {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  /** Parsing a 600-byte change event, events a second on one core. */
  readonly jsonParsePerSecond: number;
  /** One 8 kB write made durable, median ms. */
  readonly fdatasyncMs: number;
  readonly loadAverage: number;
}

const EVENT = JSON.stringify({
  before: {
    id: 1,
    user_id: 1_001,
    account: 'Bank 1',
    created_at: 1,
    updated_at: '2026-01-01T00:00:00Z',
  },
  after: {
    id: 1,
    user_id: 1_001,
    account: 'Bank 2',
    created_at: 1,
    updated_at: '2026-01-01T00:00:01Z',
  },
  source: { version: '3', connector: 'mysql', name: 'bank', file: 'binlog.000001', pos: 4, row: 0 },
  filler: 'x'.repeat(250),
  op: 'u',
});

/** Takes about half a second. */
export function calibrate(): Calibration {
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    node: process.version,
    jsonParsePerSecond: Math.round(median(repeat(5, parseRate))),
    fdatasyncMs: round(median(fdatasyncTimes())),
    loadAverage: round(os.loadavg()[0] ?? 0),
  };
}

function parseRate(): number {
  const count = 20_000;
  const startedAt = performance.now();
  for (let done = 0; done < count; done += 1) JSON.parse(EVENT);
  return (count * 1_000) / (performance.now() - startedAt);
}

function fdatasyncTimes(): number[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-bench-'));
  const file = openSync(path.join(folder, 'sync'), 'w');
  const page = Buffer.alloc(8_192, 1);
  try {
    return repeat(50, () => {
      const startedAt = performance.now();
      writeSync(file, page, 0, page.length, 0);
      fdatasyncSync(file);
      return performance.now() - startedAt;
    });
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}

function repeat(times: number, measure: () => number): number[] {
  return Array.from({ length: times }, measure);
}
