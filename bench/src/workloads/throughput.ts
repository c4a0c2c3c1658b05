import { BenchWorker } from '../engine/bench-worker.ts';
import { benchDag, startBenchEngine } from '../engine/bench-engine.ts';
import { median, type Workload } from '../workload.ts';

const RUNS = 1_000;
const TASKS = 10;
const ROUNDS = 3;

/** Many short chains at once: tasks a second of one scheduler. */
export const throughput: Workload = {
  name: 'throughput',
  description: '1,000 runs of a chain of 10 no-op tasks at once',
  run: async ({ services }) => {
    const engine = await startBenchEngine(await services.postgresUrl());
    const worker = new BenchWorker({ ...engine, slots: 32 });
    worker.start();
    const dag = benchDag(
      'throughput',
      Array.from({ length: TASKS }, (_, ix) => (ix === 0 ? [] : [ix - 1])),
    );
    const version = await engine.register(dag);
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedAt = performance.now();
      const keys = await engine.createRuns(dag, version, RUNS);
      await engine.waitForRuns(keys, 50);
      const last = Math.max(...keys.map((key) => worker.ended.get(`${key}/${TASKS - 1}`) ?? NaN));
      rates.push((RUNS * TASKS * 1_000) / (last - startedAt));
    }
    await worker.stop();
    await engine.stop();
    return [{ metric: 'tasks_per_second', value: median(rates), unit: 'tasks/s' }];
  },
};
