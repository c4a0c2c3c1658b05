import { BenchWorker } from '../engine/bench-worker.ts';
import { benchDag, startBenchEngine } from '../engine/bench-engine.ts';
import { median, percentile, type Workload } from '../workload.ts';

const LENGTH = 40;
const RUNS = 30;
const WARM_UP = 5;

/** A chain of dependent no-op tasks: what a hop costs, from a finish to the dependent's start. */
export const chain: Workload = {
  name: 'chain',
  description: '40 dependent no-op tasks, one run at a time',
  run: async ({ services }) => {
    const engine = await startBenchEngine(await services.postgresUrl());
    const starts = new Map<string, number>();
    const worker = new BenchWorker({
      ...engine,
      slots: 32,
      onStart: (grant) => starts.set(`${grant.runKey}/${grant.ix}`, performance.now()),
    });
    worker.start();
    const dag = benchDag(
      'chain',
      Array.from({ length: LENGTH }, (_, ix) => (ix === 0 ? [] : [ix - 1])),
    );
    const version = await engine.register(dag);
    const walls: number[] = [];
    const hops: number[] = [];
    for (let round = 0; round < RUNS + WARM_UP; round += 1) {
      const startedAt = performance.now();
      const keys = await engine.createRuns(dag, version, 1);
      await engine.waitForRuns(keys, 20);
      if (round < WARM_UP) continue;
      const at = (ix: number): number => starts.get(`${keys[0]}/${ix}`) ?? NaN;
      walls.push((worker.ended.get(`${keys[0]}/${LENGTH - 1}`) ?? NaN) - startedAt);
      for (let ix = 1; ix < LENGTH; ix += 1) hops.push(at(ix) - at(ix - 1));
    }
    await worker.stop();
    await engine.stop();
    return [
      { metric: 'wall_ms', value: median(walls), unit: 'ms' },
      { metric: 'hop_p50_ms', value: median(hops), unit: 'ms' },
      { metric: 'hop_p99_ms', value: percentile(hops, 0.99), unit: 'ms' },
    ];
  },
};
