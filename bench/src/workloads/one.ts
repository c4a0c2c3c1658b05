import { BenchWorker } from '../engine/bench-worker.ts';
import { benchDag, startBenchEngine } from '../engine/bench-engine.ts';
import { median, percentile, type Workload } from '../workload.ts';

const RUNS = 100;
const WARM_UP = 20;

/** One run of one task: from asking for it to its success being known to the worker. */
export const one: Workload = {
  name: 'one',
  description: 'a run of one no-op task, trigger to success',
  run: async ({ services }) => {
    const engine = await startBenchEngine(await services.postgresUrl());
    const worker = new BenchWorker({ ...engine, slots: 32 });
    worker.start();
    const dag = benchDag('one', [[]]);
    const version = await engine.register(dag);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const walls: number[] = [];
    for (let round = 0; round < RUNS + WARM_UP; round += 1) {
      const startedAt = performance.now();
      const keys = await engine.createRuns(dag, version, 1);
      await engine.waitForRuns(keys, 5);
      if (round < WARM_UP) continue;
      walls.push((worker.ended.get(`${keys[0]}/0`) ?? NaN) - startedAt);
    }
    await worker.stop();
    await engine.stop();
    return [
      { metric: 'trigger_to_success_p50_ms', value: median(walls), unit: 'ms' },
      { metric: 'trigger_to_success_p99_ms', value: percentile(walls, 0.99), unit: 'ms' },
    ];
  },
};
