import type { TaskOutcome } from '@tidegate/engine/dag';
import { counter, declaring, readGauge } from '@tidegate/engine/metrics';
import { metricsPort } from '@tidegate/engine/platform';

/** What a worker says of its slots. */
export interface CountedWorker {
  readonly slots: number;
  readonly freeSlots: () => number;
}

/** The workers of this process: one, but in tests. */
const workers = new Set<CountedWorker>();

const sum = (count: (worker: CountedWorker) => number): number =>
  [...workers].reduce((total, worker) => total + count(worker), 0);

const metrics = declaring(() => {
  readGauge({ name: 'tidegate_worker_slots', help: 'Tasks this worker may run at once' }, () =>
    sum((worker) => worker.slots),
  );
  readGauge(
    { name: 'airflow_executor_open_slots', help: 'Slots of this worker that are free' },
    () => sum((worker) => worker.freeSlots()),
  );
  return {
    ended: counter({
      name: 'tidegate_worker_tries',
      help: 'Tries this worker ended, by outcome; dropped: not its own any more, and not reported',
      labels: ['outcome'],
    }),
  };
});

/** Answers how to stop counting it. */
export function countWorker(worker: CountedWorker): () => void {
  if (metricsPort !== undefined) metrics();
  workers.add(worker);
  return () => workers.delete(worker);
}

export function countEnd(outcome: TaskOutcome | null): void {
  if (metricsPort !== undefined) metrics().ended.inc({ outcome: outcome?.kind ?? 'dropped' });
}
