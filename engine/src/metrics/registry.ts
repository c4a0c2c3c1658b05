import { createRequire } from 'node:module';

import type * as Prometheus from 'prom-client';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';

const require = createRequire(import.meta.url);

/** Loaded when something is counted first: a process that counts nothing starts without it. */
export const prometheus = declaring(() => require('prom-client') as typeof Prometheus);

/** What this process counts. One a process: its parts count where they stand. */
export const registry = declaring((): Registry => new (prometheus().Registry)());

/** Labels metrics may have: each has as many values as something a person defines, or a list in the code. */
export const LABELS = [
  'dag_id',
  'task_id',
  'pool_name',
  'state',
  'outcome',
  'topic',
  'partition',
  'source',
  'phase',
  'method',
  'route',
  'status',
] as const;

export type Label = (typeof LABELS)[number];

interface Described<L extends Label> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

/** From a commit of a millisecond to a load of minutes. */
const SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800,
];

export function counter<L extends Label = never>(metric: Described<L>): Counter<L> {
  return new (prometheus().Counter)({ ...named(metric), registers: [registry()] });
}

/** `collect` runs before a scrape reads this gauge and those declared after it. */
export function gauge<L extends Label = never>(
  metric: Described<L>,
  collect?: () => void,
): Gauge<L> {
  const refresh = collect === undefined ? {} : { collect };
  return new (prometheus().Gauge)({ ...named(metric), ...refresh, registers: [registry()] });
}

/** A gauge that is read when it is asked for. */
export function readGauge(metric: Omit<Described<never>, 'labels'>, read: () => number): void {
  new (prometheus().Gauge)({
    ...named(metric),
    registers: [registry()],
    collect() {
      this.set(read());
    },
  });
}

/** Durations in seconds, unless other buckets are given. */
export function histogram<L extends Label = never>(
  metric: Described<L>,
  buckets: readonly number[] = SECONDS,
): Histogram<L> {
  return new (prometheus().Histogram)({
    ...named(metric),
    buckets: [...buckets],
    registers: [registry()],
  });
}

function named<L extends Label>({ name, help, labels = [] }: Described<L>) {
  return { name, help, labelNames: [...labels] };
}

/**
 * Declares a part's metrics when it first counts: a process that has no such part tells nothing of it, rather than
 * zeros.
 */
export function declaring<T>(declare: () => T): () => T {
  let metrics: T | undefined;
  return () => (metrics ??= declare());
}
