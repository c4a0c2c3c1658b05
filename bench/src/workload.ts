import type { Calibration } from './calibration.ts';

/** One measured number, printed as one JSON line. */
export interface Figure {
  readonly metric: string;
  readonly value: number;
  readonly unit:
    'us' | 'ms' | 's' | 'rows/s' | 'tasks/s' | 'rows/h' | 'MB/h' | 'MB' | '%' | 'count';
  /** What was measured, when one workload measures several things. */
  readonly of?: string;
}

export type Lane = 'postgres' | 'bullmq';

export interface WorkloadContext {
  readonly lane: Lane;
  /** Servers started for this call; asked for by kind, stopped at its end. */
  readonly services: BenchServices;
  /** Talk, on standard error. */
  readonly say: (text: string) => void;
  /** How long or how much, where the workload's own choice is not wanted. */
  readonly seconds: number | undefined;
  readonly records: number | undefined;
  /** Changes a second, where the workload has a rate. */
  readonly rate: number | undefined;
}

export interface BenchServices {
  postgresUrl(): Promise<string>;
  mysqlUrl(): Promise<string>;
  kafkaBrokers(): Promise<string>;
  redisUrl(): Promise<string>;
}

/** A named workload. It checks its own result: a fast answer that lost or doubled something is no figure. */
export interface Workload {
  readonly name: string;
  readonly description: string;
  run(context: WorkloadContext): Promise<readonly Figure[]>;
}

/** The line printed for a figure: `value` is the median of `runs`. */
export interface FigureLine extends Figure {
  readonly runs: readonly number[];
  readonly bench: string;
  readonly lane: Lane;
  readonly calibration: Calibration;
}

/** The value below which `share` of the samples lie (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** Rounded to three significant digits more than anybody should believe. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
