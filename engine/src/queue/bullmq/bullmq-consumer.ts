import { WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';

import { silentLogger, type Logger } from '../../platform/log.ts';
import type { QueuedTask } from '../task-queue.ts';
import {
  BLOCK_SECONDS,
  connectForConsuming,
  DEFAULT_PREFIX,
  redisQueueName,
  type RedisAddress,
} from './redis-connection.ts';
import { createSlots, type Slots } from './slots.ts';

export interface QueueConsumerOptions extends RedisAddress {
  readonly queues: readonly string[];
  /** Most handlers at once, over all queues. */
  readonly slots: number;
  /**
   * Starts the task and runs it; the slot is held until it resolves, so a task handed over by a finish
   * answer may run inside the same call. May be called twice for one task, also on two workers: start first
   * and drop what is stale. When it rejects the job is dropped; the sweep enqueues what stayed queued.
   */
  readonly handle: (task: QueuedTask) => Promise<void>;
  readonly log?: Logger;
}

export interface QueueConsumer {
  /** Takes no new jobs; resolves when the handlers at work have ended. */
  close(): Promise<void>;
}

/**
 * What a worker took and had not started when it died is offered to another one after at most both of
 * these and one more check: within the 5 s in which work must go on. A worker that is merely slow loses
 * nothing: a second start is refused.
 */
const LOCK_MS = 1_500;
const STALLED_CHECK_MS = 500;

/** A job is offered as often as it takes: whether it may still start is the engine's to say. */
const MAX_STALLED = 1_000_000;

interface Shared {
  readonly options: QueueConsumerOptions;
  readonly redis: Redis;
  readonly slots: Slots;
  readonly log: Logger;
}

/** Takes jobs of all named queues and calls the handler, at most `slots` at once. */
export function consumeBullmqQueues(options: QueueConsumerOptions): QueueConsumer {
  const log = options.log ?? silentLogger;
  const redis = connectForConsuming(options.url);
  redis.on('error', (err) => log.warn({ err }, 'redis connection failed'));
  const consumed: ConsumedQueue[] = [];
  const slots = createSlots(options.slots, () => consumed.forEach((queue) => queue.followSlots()));
  const shared: Shared = { options, redis, slots, log };
  for (const queue of options.queues) consumed.push(consumeQueue(queue, shared));
  return {
    close: async () => {
      await Promise.all(consumed.map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}

interface ConsumedQueue {
  followSlots(): void;
  close(): Promise<void>;
}

function consumeQueue(queue: string, shared: Shared): ConsumedQueue {
  const { options, redis, slots, log } = shared;
  let own = 0;
  const worker = new Worker<QueuedTask>(
    redisQueueName(queue),
    async (job, token) => {
      // Counted before the slot is taken: the take adjusts how many jobs this queue may fetch.
      own += 1;
      if (!slots.tryTake()) {
        own -= 1;
        return giveBack(job, token);
      }
      try {
        await options.handle(job.data);
      } catch (err) {
        log.warn({ err, ...job.data }, 'queued task was not started');
      } finally {
        own -= 1;
        slots.release();
      }
    },
    {
      connection: redis,
      prefix: options.prefix ?? DEFAULT_PREFIX,
      concurrency: options.slots,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLED,
      runRetryDelay: 500,
      drainDelay: BLOCK_SECONDS,
      // Keep nothing: a job that is over must not stand in the way of its own id.
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  );
  worker.on('error', (err) => log.warn({ err, queue }, 'queue connection failed'));
  return {
    followSlots: () => {
      followSlots(worker, own + slots.free);
    },
    close: () => worker.close(),
  };
}

/** Lets a queue fetch as many jobs as it has slots, and none when other queues hold all of them. */
function followSlots(worker: Worker<QueuedTask>, available: number): void {
  if (available > 0) {
    worker.concurrency = available;
    if (worker.isPaused()) void worker.resume();
  } else if (!worker.isPaused()) {
    // Errors reach the worker's error event; active jobs there are none.
    void worker.pause(true);
  }
}

/** Two queues fetched for the same last slot: the later job goes back for a worker that is free. */
async function giveBack(job: Job<QueuedTask>, token: string | undefined): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}
