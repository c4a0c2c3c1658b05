import { BenchWorker } from '../engine/bench-worker.ts';
import { benchDag, startBenchEngine } from '../engine/bench-engine.ts';
import { NO_OP_TASKS, withProduct, type Product } from '../product/product.ts';
import { measureRun } from '../product/product-runs.ts';
import {
  median,
  percentile,
  type Figure,
  type Workload,
  type WorkloadContext,
} from '../workload.ts';

const RUNS = 100;
/** Runs until V8 has compiled their way. */
const WARM_UP = 300;

/** One run of one task: from asking for it to its success. */
export const one: Workload = {
  name: 'one',
  description: 'a run of one no-op task, trigger to success: whole product, and engine alone',
  run: async (context) => [
    ...(await withProduct(context, NO_OP_TASKS, measureProduct)),
    ...(context.lane === 'postgres' ? await engineFigures(context) : []),
  ],
};

async function measureProduct(product: Product): Promise<Figure[]> {
  const walls: number[] = [];
  for (let round = 0; round < RUNS + WARM_UP; round += 1) {
    const { wallMs } = await measureRun(product, 'bench_one');
    if (round >= WARM_UP) walls.push(wallMs);
  }
  const { rows } = await product.metadata.query<{ lost: number }>(
    `select count(*)::int as lost from tidegate.task_try where state = 'lost'`,
  );
  return [
    ...figures('product', walls),
    { of: 'product', metric: 'lost_tries', value: rows[0]?.lost ?? NaN, unit: 'count' },
  ];
}

async function engineFigures({ services }: WorkloadContext): Promise<Figure[]> {
  const engine = await startBenchEngine(await services.postgresUrl());
  const worker = new BenchWorker({ ...engine, slots: 32 });
  worker.start();
  const dag = benchDag('one', [[]]);
  const version = await engine.register(dag);
  const walls: number[] = [];
  for (let round = 0; round < RUNS + WARM_UP; round += 1) {
    const startedAt = performance.now();
    const keys = await engine.createRuns(dag, version, 1);
    await engine.waitForRuns(keys, 5);
    if (round < WARM_UP) continue;
    walls.push((await worker.endOf(keys[0] ?? 0, 0)) - startedAt);
  }
  await worker.stop();
  await engine.stop();
  return figures('engine', walls);
}

function figures(of: string, walls: readonly number[]): Figure[] {
  return [
    { of, metric: 'trigger_to_success_p50_ms', value: median(walls), unit: 'ms' },
    { of, metric: 'trigger_to_success_p99_ms', value: percentile(walls, 0.99), unit: 'ms' },
  ];
}
