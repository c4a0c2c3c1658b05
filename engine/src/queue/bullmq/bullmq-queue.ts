import { Queue } from 'bullmq';

import { silentLogger, type Logger } from '../../platform/log.ts';
import { queueUnavailable } from '../errors.ts';
import { jobId, type QueuedTask, type QueueJob, type TaskQueue } from '../task-queue.ts';
import {
  checkRedis,
  connectForAdding,
  DEFAULT_PREFIX,
  redisQueueName,
  type RedisAddress,
} from './redis-connection.ts';

export interface BullmqQueueOptions extends RedisAddress {
  readonly log?: Logger;
}

/** Jobs of one `addBulk`: bounds the time one transaction holds up Redis. */
const BULK = 1_000;

/** BullMQ serves the lowest number first, 1 to 2^21; ours is "higher goes first" around 0. */
const MIDDLE = 2 ** 20;

/**
 * The BullMQ lane. Throws at once when this Redis would lose jobs by itself (eviction) or is too old.
 *
 * Ended jobs are removed at once, so that enqueuing the same id again (the sweep) is never a no-op on
 * account of a job that is over.
 */
export async function openBullmqQueue(options: BullmqQueueOptions): Promise<TaskQueue> {
  const log = options.log ?? silentLogger;
  const redis = connectForAdding(options.url);
  redis.on('error', (err) => log.warn({ err }, 'redis connection failed'));
  try {
    await checkRedis(redis);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  const queues = new Map<string, Queue<QueuedTask>>();
  const queueOf = (name: string): Queue<QueuedTask> => {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const opened = new Queue<QueuedTask>(redisQueueName(name), {
      connection: redis,
      prefix: options.prefix ?? DEFAULT_PREFIX,
      // Nothing reads the event stream: keep it from growing.
      streams: { events: { maxLen: 100 } },
      skipWaitingForReady: true,
    });
    opened.on('error', (err) => log.warn({ err, queue: name }, 'redis connection failed'));
    queues.set(name, opened);
    return opened;
  };
  return {
    kind: 'bullmq',
    enqueue: async (jobs) => {
      try {
        await Promise.all(toBulks(jobs).map(({ queue, bulk }) => queueOf(queue).addBulk(bulk)));
      } catch (error) {
        throw queueUnavailable(`enqueue ${jobs.length} jobs`, error);
      }
    },
    close: async () => {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}

type BulkJob = Parameters<Queue<QueuedTask>['addBulk']>[0][number];

function toBulks(jobs: readonly QueueJob[]): { queue: string; bulk: BulkJob[] }[] {
  const bulks: { queue: string; bulk: BulkJob[] }[] = [];
  const open = new Map<string, BulkJob[]>();
  for (const job of jobs) {
    let bulk = open.get(job.queue);
    if (bulk === undefined || bulk.length === BULK) {
      bulk = [];
      open.set(job.queue, bulk);
      bulks.push({ queue: job.queue, bulk });
    }
    bulk.push(toBulkJob(job));
  }
  return bulks;
}

function toBulkJob(job: QueueJob): BulkJob {
  const { runKey, ix, tryNumber, nonce } = job;
  return {
    name: 'task',
    data: { runKey, ix, tryNumber, nonce },
    opts: {
      jobId: jobId(job),
      priority: Math.min(2 ** 21 - 1, Math.max(1, MIDDLE - job.priority)),
      attempts: 1,
      removeOnComplete: true,
      removeOnFail: true,
      stackTraceLimit: 1,
    },
  };
}
