import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export interface GraphileOrder {
  /** Where it is installed. */
  readonly folder: string;
  readonly url: string;
  readonly jobs: number;
  readonly concurrency: number;
  /** How many jobs are fetched, and completed, at once; null takes each by itself. */
  readonly localQueue: number | null;
}

export interface GraphileReport {
  readonly jobsPerSecond: readonly number[];
}

/** As much of its API as is used here. */
interface Graphile {
  readonly Logger: new (factory: () => () => void) => object;
  makeWorkerUtils(options: object): Promise<{
    migrate(): Promise<void>;
    addJobs(jobs: readonly { readonly identifier: string }[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  run(options: object): Promise<{ stop(): Promise<void> }>;
}

const WARM_UP_ROUNDS = 2;
const ROUNDS = 3;

process.once('message', (order) => {
  void measure(order as GraphileOrder).then((report) => {
    process.send?.(report, () => process.exit());
  });
});

async function measure(order: GraphileOrder): Promise<GraphileReport> {
  const require = createRequire(path.join(order.folder, 'package.json'));
  const entry = pathToFileURL(require.resolve('graphile-worker')).href;
  const graphile = (await import(entry)) as Graphile;
  const logger = new graphile.Logger(() => () => undefined);
  const utils = await graphile.makeWorkerUtils({ connectionString: order.url, logger });
  await utils.migrate();
  const jobsPerSecond: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    await utils.addJobs(Array.from({ length: order.jobs }, () => ({ identifier: 'no_op' })));
    const ms = await workAll(graphile, { ...order, logger });
    if (round >= WARM_UP_ROUNDS) jobsPerSecond.push((order.jobs * 1_000) / ms);
  }
  await utils.release();
  return { jobsPerSecond };
}

/** Milliseconds from its start until the last job has run. */
async function workAll(
  graphile: Graphile,
  { url, jobs, concurrency, localQueue, logger }: GraphileOrder & { readonly logger: object },
): Promise<number> {
  let left = jobs;
  let over: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (over = resolve));
  const startedAt = performance.now();
  const runner = await graphile.run({
    connectionString: url,
    noHandleSignals: true,
    taskList: {
      no_op: () => {
        left -= 1;
        if (left === 0) over();
      },
    },
    preset: {
      worker: {
        logger,
        concurrentJobs: concurrency,
        maxPoolSize: concurrency + 4,
        ...(localQueue === null
          ? {}
          : { localQueue: { size: localQueue }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }),
      },
    },
  });
  await all;
  const ms = performance.now() - startedAt;
  await runner.stop();
  return ms;
}
