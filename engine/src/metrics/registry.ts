import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What this process counts. One a process: its parts count where they stand. */
export const registry = new Registry();

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
  return new Counter({ ...named(metric), registers: [registry] });
}

/** `collect` runs before a scrape reads this gauge and those declared after it. */
export function gauge<L extends Label = never>(
  metric: Described<L>,
  collect?: () => void,
): Gauge<L> {
  const refresh = collect === undefined ? {} : { collect };
  return new Gauge({ ...named(metric), ...refresh, registers: [registry] });
}

/** A gauge that is read when it is asked for. */
export function readGauge(metric: Omit<Described<never>, 'labels'>, read: () => number): void {
  new Gauge({
    ...named(metric),
    registers: [registry],
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
  return new Histogram({ ...named(metric), buckets: [...buckets], registers: [registry] });
}

function named<L extends Label>({ name, help, labels = [] }: Described<L>) {
  return { name, help, labelNames: [...labels] };
}
