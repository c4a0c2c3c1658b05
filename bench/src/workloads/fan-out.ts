import { BenchWorker } from '../engine/bench-worker.ts';
import { benchDag, startBenchEngine } from '../engine/bench-engine.ts';
import { NO_OP_TASKS, withProduct, type Product } from '../product/product.ts';
import { measureRun } from '../product/product-runs.ts';
import { median, type Figure, type Workload, type WorkloadContext } from '../workload.ts';

const PRODUCT_WIDTH = 200;
const WIDTHS = [200, 10_000];
const ROUNDS = 5;

/** One task, many beside each other, one behind them all. */
export const fanOut: Workload = {
  name: 'fan-out',
  description: '1 → n → 1 no-op tasks: whole product with 200, engine alone with 200 and 10,000',
  run: async (context) => [
    ...(await withProduct(context, NO_OP_TASKS, measureProduct)),
    ...(context.lane === 'postgres' ? await engineFigures(context) : []),
  ],
};

/** A registered DAG has at most 5,000 tasks, so that 10,000 wait for dynamic mapping. */
async function measureProduct(product: Product): Promise<Figure[]> {
  const walls: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const { wallMs, ranAtMs } = await measureRun(product, 'bench_fan_out');
    if (ranAtMs.length !== PRODUCT_WIDTH + 2) throw new Error('a task of the fan-out did not run');
    if (round > 0) walls.push(wallMs);
  }
  return [{ of: `product ${PRODUCT_WIDTH}`, metric: 'wall_ms', value: median(walls), unit: 'ms' }];
}

async function engineFigures({ services }: WorkloadContext): Promise<Figure[]> {
  const engine = await startBenchEngine(await services.postgresUrl());
  const worker = new BenchWorker({ ...engine, slots: 32 });
  worker.start();
  const figures: Figure[] = [];
  for (const width of WIDTHS) {
    const middle = Array.from({ length: width }, (_, ix) => ix + 1);
    const dag = benchDag(`fan_${width}`, [[], ...middle.map(() => [0]), middle]);
    const version = await engine.register(dag);
    const walls: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const startedAt = performance.now();
      const keys = await engine.createRuns(dag, version, 1);
      await engine.waitForRuns(keys, 20);
      const wall = (await worker.endOf(keys[0] ?? 0, width + 1)) - startedAt;
      if (round > 0) walls.push(wall);
    }
    figures.push({ of: `engine ${width}`, metric: 'wall_ms', value: median(walls), unit: 'ms' });
  }
  await worker.stop();
  await engine.stop();
  return figures;
}
