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

const LENGTH = 40;
const RUNS = 30;
/** Runs until V8 has compiled their way. */
const WARM_UP = 60;

/** A chain of dependent no-op tasks: what a hop costs, from a finish to the dependent's start. */
export const chain: Workload = {
  name: 'chain',
  description: '40 dependent no-op tasks, one run at a time: whole product, and engine alone',
  run: async (context) => [
    ...(await withProduct(context, NO_OP_TASKS, measureProduct)),
    ...(context.lane === 'postgres' ? await engineFigures(context) : []),
  ],
};

/** Triggered over HTTP, run by the real worker in real task processes, to success in the metadata. */
async function measureProduct(product: Product): Promise<Figure[]> {
  const walls: number[] = [];
  const hops: number[] = [];
  for (let round = 0; round < RUNS + WARM_UP; round += 1) {
    const run = await measureRun(product, 'bench_chain');
    if (run.ranAtMs.length !== LENGTH) throw new Error('a task of the chain did not run');
    if (round < WARM_UP) continue;
    walls.push(run.wallMs);
    hops.push(...differences(run.ranAtMs));
  }
  return figures('product', walls, hops);
}

/** Our own no-op worker in this process, the scheduler in another: the engine and its HTTP API alone. */
async function engineFigures({ services }: WorkloadContext): Promise<Figure[]> {
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
    walls.push((await worker.endOf(keys[0] ?? 0, LENGTH - 1)) - startedAt);
    const places = Array.from({ length: LENGTH }, (_, ix) => ix);
    hops.push(...differences(places.map((ix) => starts.get(`${keys[0]}/${ix}`) ?? NaN)));
  }
  await worker.stop();
  await engine.stop();
  return figures('engine', walls, hops);
}

function figures(of: string, walls: readonly number[], hops: readonly number[]): Figure[] {
  return [
    { of, metric: 'wall_ms', value: median(walls), unit: 'ms' },
    { of, metric: 'hop_p50_ms', value: median(hops), unit: 'ms' },
    { of, metric: 'hop_p99_ms', value: percentile(hops, 0.99), unit: 'ms' },
  ];
}

function differences(times: readonly number[]): number[] {
  return times.slice(1).map((time, place) => time - (times[place] ?? NaN));
}
