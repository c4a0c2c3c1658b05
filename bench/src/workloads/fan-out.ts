import { BenchWorker } from '../engine/bench-worker.ts';
import { benchDag, startBenchEngine } from '../engine/bench-engine.ts';
import { median, type Figure, type Workload } from '../workload.ts';

const WIDTHS = [200, 10_000];
const ROUNDS = 3;

/** One task, many beside each other, one behind them all. */
export const fanOut: Workload = {
  name: 'fan-out',
  description: '1 → n → 1 no-op tasks, n = 200 and 10,000',
  run: async ({ services }) => {
    const engine = await startBenchEngine(await services.postgresUrl());
    const worker = new BenchWorker({ ...engine, slots: 32 });
    worker.start();
    const figures: Figure[] = [];
    for (const width of WIDTHS) {
      const middle = Array.from({ length: width }, (_, ix) => ix + 1);
      const dag = benchDag(`fan_${width}`, [[], ...middle.map(() => [0]), middle]);
      const version = await engine.register(dag);
      const walls: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const startedAt = performance.now();
        const keys = await engine.createRuns(dag, version, 1);
        await engine.waitForRuns(keys, 20);
        walls.push((worker.ended.get(`${keys[0]}/${width + 1}`) ?? NaN) - startedAt);
      }
      figures.push({ metric: 'wall_ms', value: median(walls), unit: 'ms', of: String(width) });
    }
    await worker.stop();
    await engine.stop();
    return figures;
  },
};
