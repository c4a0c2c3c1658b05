import { Database, savePool } from '@tidegate/engine/server';

import { BenchWorker } from '../engine/bench-worker.ts';
import { benchDag, startBenchEngine } from '../engine/bench-engine.ts';
import { createRuns } from '../product/create-runs.ts';
import { NO_OP_TASKS, withProduct, type Product } from '../product/product.ts';
import { measureGraphile } from '../rivals/graphile-worker.ts';
import { median, type Figure, type Workload, type WorkloadContext } from '../workload.ts';

const RUNS = 1_000;
const TASKS = 10;
const ROUNDS = 3;
/** Until V8 has compiled what runs all the time: in the first round a task costs twice as much. */
const WARM_UP_ROUNDS = 5;
/** What an installation for many short tasks sets, see docs/operating.md. */
const WIDE_POOL = 512;
const WIDE_WORKER = { ...NO_OP_TASKS, TIDEGATE_WORKER_CONCURRENCY: '128' };

/**
 * Many short chains at once: tasks a second of one scheduler, from the moment the runs are there (as a rival's jobs are,
 * and as the promise was measured); what making them took stands beside it.
 */
export const throughput: Workload = {
  name: 'throughput',
  description:
    '1,000 runs of a chain of 10 no-op tasks at once: whole product as installed and set for short tasks, engine alone; graphile-worker beside it',
  run: async (context) => [
    ...(await measureGraphile(context, RUNS * TASKS)),
    ...(await withProduct(context, NO_OP_TASKS, (product) => measureProduct(product, 'product'))),
    ...(await withProduct(context, WIDE_WORKER, measureWide)),
    ...(context.lane === 'postgres' ? await engineFigures(context) : []),
  ],
};

async function measureWide(product: Product): Promise<Figure[]> {
  const database = new Database({ url: product.metadataUrl });
  await savePool(database, { name: 'default_pool', slots: WIDE_POOL });
  await database.close();
  return measureProduct(product, `product, ${WIDE_POOL} slots`);
}

async function measureProduct(product: Product, of: string): Promise<Figure[]> {
  const database = new Database({ url: product.metadataUrl });
  const rounds: Round[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    const startedAt = performance.now();
    const runIds = await createRuns(database, 'bench_throughput', RUNS);
    const createdAt = performance.now();
    await product.runEnds.until(runIds);
    rounds.push({ startedAt, createdAt, endedAt: performance.now() });
  }
  await database.close();
  return figures(of, rounds);
}

async function engineFigures({ services }: WorkloadContext): Promise<Figure[]> {
  const engine = await startBenchEngine(await services.postgresUrl());
  const worker = new BenchWorker({ ...engine, slots: 32 });
  worker.start();
  const dag = benchDag(
    'throughput',
    Array.from({ length: TASKS }, (_, ix) => (ix === 0 ? [] : [ix - 1])),
  );
  const version = await engine.register(dag);
  const rounds: Round[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    const startedAt = performance.now();
    const keys = await engine.createRuns(dag, version, RUNS);
    const createdAt = performance.now();
    await engine.waitForRuns(keys, 50);
    const ends = await Promise.all(keys.map((key) => worker.endOf(key, TASKS - 1)));
    rounds.push({ startedAt, createdAt, endedAt: Math.max(...ends) });
  }
  await worker.stop();
  await engine.stop();
  return figures('engine', rounds);
}

interface Round {
  readonly startedAt: number;
  /** Its runs are committed. */
  readonly createdAt: number;
  /** The last of them is over. */
  readonly endedAt: number;
}

function figures(of: string, rounds: readonly Round[]): Figure[] {
  const warm = rounds.slice(WARM_UP_ROUNDS);
  const rates = warm.map(
    ({ createdAt, endedAt }) => (RUNS * TASKS * 1_000) / (endedAt - createdAt),
  );
  const creating = warm.map(({ startedAt, createdAt }) => createdAt - startedAt);
  return [
    { of, metric: 'tasks_per_second', value: median(rates), unit: 'tasks/s' },
    { of, metric: 'create_ms', value: median(creating), unit: 'ms' },
  ];
}
