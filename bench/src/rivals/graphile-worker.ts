import { runInOwnProcess } from '../child.ts';
import { median, type Figure, type WorkloadContext } from '../workload.ts';
import type { GraphileOrder, GraphileReport } from './graphile-process.ts';
import { installRival } from './install-rival.ts';

const GRAPHILE = { name: 'graphile-worker', version: '0.17.3' };

/** A commit a claim and one a completion, as it comes; the promise of 8,000 stands beside what it does so. */
const AS_INSTALLED = { of: 'graphile-worker', concurrency: 8, localQueue: null };
/** Jobs fetched and completed by the hundred; one that crashes keeps them locked for up to 4 hours. */
const BATCHED = { of: 'graphile-worker, batched', concurrency: 24, localQueue: 500 };

/**
 * What graphile-worker makes of as many no-op jobs on a PostgreSQL of the same kind: in its own process, with
 * neither logs nor task processes, retries or a graph. It tells how fast the machine is at this hour.
 */
export async function measureGraphile(context: WorkloadContext, jobs: number): Promise<Figure[]> {
  const folder = installRival(GRAPHILE, context.say);
  if (folder === null) return [];
  const entry = new URL('./graphile-process.ts', import.meta.url);
  const url = await context.services.postgresUrl();
  const list: Figure[] = [];
  for (const { of, ...settings } of [AS_INSTALLED, BATCHED]) {
    const order: GraphileOrder = { folder, url, jobs, ...settings };
    const { jobsPerSecond } = await runInOwnProcess<GraphileReport>(entry, order);
    list.push({ of, metric: 'tasks_per_second', value: median(jobsPerSecond), unit: 'tasks/s' });
  }
  return list;
}
