import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { describeWith, serviceAddress, uniqueName } from '../../../test/services/services.ts';
import { openBullmqQueue } from './bullmq/bullmq-queue.ts';
import { consumeBullmqQueues } from './bullmq/bullmq-consumer.ts';
import { assertKeepsJobs } from './bullmq/redis-connection.ts';
import { QUEUE_ERRORS } from './errors.ts';
import { createPostgresQueue } from './postgres/postgres-queue.ts';
import { jobId, type QueuedTask, type QueueJob, type TaskQueue } from './task-queue.ts';

/** The engine's side of a start: a compare-and-set on what is queued. */
class QueuedTasks {
  readonly queued = new Map<string, QueueJob>();
  readonly started: string[] = [];

  add(count: number, job: Partial<QueueJob> = {}): QueueJob[] {
    const first = this.queued.size + this.started.length;
    const jobs = Array.from({ length: count }, (_, place) => ({
      runKey: 7,
      ix: first + place,
      tryNumber: 1,
      nonce: '0',
      queue: 'default',
      priority: 1,
      ...job,
    }));
    for (const added of jobs) this.queued.set(jobId(added), added);
    return jobs;
  }

  /** True for exactly one caller a task. */
  start(task: QueuedTask): boolean {
    if (!this.queued.delete(jobId(task))) return false;
    this.started.push(jobId(task));
    return true;
  }
}

interface Lane {
  readonly queue: TaskQueue;
  startWorker(): Promise<void>;
  /** Everything the queue itself remembers is gone. */
  loseEverything(): Promise<void>;
  close(): Promise<void>;
}

const lanes: { name: string; open: (tasks: QueuedTasks) => Promise<Lane> }[] = [
  { name: 'bullmq', open: openBullmqLane },
  { name: 'postgres', open: openPostgresLane },
];

/** A logical database of its own, so that flushing it is nobody else's loss. */
function redisUrl(): string {
  return new URL('/11', serviceAddress('redis')).href;
}

async function openBullmqLane(tasks: QueuedTasks): Promise<Lane> {
  const address = { url: redisUrl(), prefix: uniqueName('queue') };
  const queue = await openBullmqQueue(address);
  const control = new Redis(address.url);
  const workers: { close(): Promise<void> }[] = [];
  return {
    queue,
    startWorker: async () => {
      const handle = (task: QueuedTask) => Promise.resolve(void tasks.start(task));
      workers.push(consumeBullmqQueues({ ...address, queues: ['default'], slots: 8, handle }));
      await Promise.resolve();
    },
    loseEverything: async () => {
      await control.flushdb();
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      await queue.close();
      control.disconnect();
    },
  };
}

async function openPostgresLane(tasks: QueuedTasks): Promise<Lane> {
  let workers = 0;
  const claim = () => {
    if (workers === 0) return;
    for (const task of [...tasks.queued.values()]) tasks.start(task);
  };
  return Promise.resolve({
    queue: createPostgresQueue(claim),
    startWorker: async () => {
      workers += 1;
      claim();
      await Promise.resolve();
    },
    loseEverything: () => Promise.resolve(),
    close: () => Promise.resolve(),
  });
}

describeWith(['redis'], 'task queue contract', () => {
  describe.each(lanes)('$name', ({ open }) => {
    it('starts every task exactly once on two workers', async () => {
      const tasks = new QueuedTasks();
      const lane = await open(tasks);
      await lane.startWorker();
      await lane.startWorker();
      await lane.queue.enqueue(tasks.add(2_500));
      await vi.waitFor(() => expect(tasks.queued.size).toBe(0), 15_000);
      expect(new Set(tasks.started).size).toBe(2_500);
      await lane.close();
    });

    it('is harmed by no duplicate, before and after the task started', async () => {
      const tasks = new QueuedTasks();
      const lane = await open(tasks);
      const jobs = tasks.add(50);
      await lane.queue.enqueue(jobs);
      await lane.queue.enqueue(jobs);
      await lane.startWorker();
      await vi.waitFor(() => expect(tasks.queued.size).toBe(0), 10_000);
      await lane.queue.enqueue(jobs);
      await lane.queue.enqueue(tasks.add(1));
      await vi.waitFor(() => expect(tasks.queued.size).toBe(0), 10_000);
      expect(tasks.started).toHaveLength(51);
      await lane.close();
    });

    it('loses nothing for good when all it remembers is lost', async () => {
      const tasks = new QueuedTasks();
      const lane = await open(tasks);
      await lane.queue.enqueue(tasks.add(300));
      await lane.loseEverything();
      await lane.startWorker();
      await lane.queue.enqueue([...tasks.queued.values()]);
      await vi.waitFor(() => expect(tasks.queued.size).toBe(0), 10_000);
      expect(tasks.started).toHaveLength(300);
      await lane.close();
    });

    it('goes on after all it remembers is lost under an idle worker', async () => {
      const tasks = new QueuedTasks();
      const lane = await open(tasks);
      await lane.startWorker();
      await lane.queue.enqueue(tasks.add(10));
      await vi.waitFor(() => expect(tasks.queued.size).toBe(0), 10_000);
      await lane.loseEverything();
      await lane.queue.enqueue(tasks.add(10));
      await vi.waitFor(() => expect(tasks.queued.size).toBe(0), 10_000);
      await lane.close();
    });
  });
});

describeWith(['redis'], 'bullmq queue', () => {
  const address = () => ({ url: redisUrl(), prefix: uniqueName('queue') });

  it('offers the higher priority first', async () => {
    const own = address();
    const queue = await openBullmqQueue(own);
    const tasks = new QueuedTasks();
    await queue.enqueue([...tasks.add(1, { priority: 1 }), ...tasks.add(1, { priority: 9 })]);
    await queue.enqueue(tasks.add(1, { priority: 4 }));
    const order: number[] = [];
    const handle = (task: QueuedTask) => Promise.resolve(void order.push(task.ix));
    const worker = consumeBullmqQueues({ ...own, queues: ['default'], slots: 1, handle });
    await vi.waitFor(() => expect(order).toEqual([1, 2, 0]), 5_000);
    await worker.close();
    await queue.close();
  });

  it('never runs more than the slots, whatever the number of queues, and starves none', async () => {
    const own = address();
    const queue = await openBullmqQueue(own);
    const tasks = new QueuedTasks();
    const names = ['etl', 'default', 'a:b'];
    for (const name of names) await queue.enqueue(tasks.add(20, { queue: name }));
    let running = 0;
    let most = 0;
    const handle = async (task: QueuedTask) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      tasks.start(task);
      running -= 1;
    };
    const worker = consumeBullmqQueues({ ...own, queues: names, slots: 2, handle });
    await vi.waitFor(() => expect(tasks.queued.size).toBe(0), 10_000);
    expect(most).toBe(2);
    await worker.close();
    await queue.close();
  });

  it('leaves another queue’s job to others while its only slot is taken', async () => {
    const own = address();
    const queue = await openBullmqQueue(own);
    const tasks = new QueuedTasks();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const seen: string[] = [];
    const blocked = consumeBullmqQueues({
      ...own,
      queues: ['long', 'short'],
      slots: 1,
      handle: async (task) => {
        seen.push(`blocked ${task.ix}`);
        await released;
      },
    });
    await queue.enqueue(tasks.add(1, { queue: 'long' }));
    await vi.waitFor(() => expect(seen).toEqual(['blocked 0']), 5_000);
    await queue.enqueue(tasks.add(1, { queue: 'short' }));
    const free = consumeBullmqQueues({
      ...own,
      queues: ['short'],
      slots: 1,
      handle: (task) => Promise.resolve(void seen.push(`free ${task.ix}`)),
    });
    await vi.waitFor(() => expect(seen).toEqual(['blocked 0', 'free 1']), 10_000);
    release();
    await Promise.all([blocked.close(), free.close()]);
    await queue.close();
  });

  it('drops the job of a handler that throws, so that the sweep may enqueue it again', async () => {
    const own = address();
    const queue = await openBullmqQueue(own);
    const jobs = new QueuedTasks().add(1);
    let calls = 0;
    const handle = () => {
      calls += 1;
      return calls === 1 ? Promise.reject(new Error('no scheduler')) : Promise.resolve();
    };
    const worker = consumeBullmqQueues({ ...own, queues: ['default'], slots: 1, handle });
    await queue.enqueue(jobs);
    await vi.waitFor(() => expect(calls).toBe(1), 5_000);
    await vi.waitFor(async () => {
      await queue.enqueue(jobs);
      expect(calls).toBeGreaterThan(1);
    }, 5_000);
    await worker.close();
    await queue.close();
  });
});

describeWith(['redis'], 'bullmq queue when Redis is not well', () => {
  let proxy: RedisProxy;
  beforeAll(async () => {
    proxy = await openProxy(new URL(redisUrl()));
  });
  afterAll(() => proxy.close());

  it('says so when the connection drops in mid-addBulk, and a second enqueue doubles nothing', async () => {
    const prefix = uniqueName('queue');
    const tasks = new QueuedTasks();
    const queue = await openBullmqQueue({ url: proxy.url, prefix });
    const jobs = tasks.add(3_000);
    await queue.enqueue(jobs.slice(0, 1));
    proxy.cutAfter(300_000);
    await expect(queue.enqueue(jobs)).rejects.toMatchObject({
      code: QUEUE_ERRORS.unavailable,
      retriable: true,
    });
    proxy.heal();
    await vi.waitFor(() => queue.enqueue(jobs), 10_000);
    const handle = (task: QueuedTask) => Promise.resolve(void tasks.start(task));
    const worker = consumeBullmqQueues({
      url: redisUrl(),
      prefix,
      queues: ['default'],
      slots: 16,
      handle,
    });
    await vi.waitFor(() => expect(tasks.queued.size).toBe(0), 15_000);
    expect(tasks.started).toHaveLength(3_000);
    await worker.close();
    await queue.close();
  });

  it('gives up on a half-open connection within seconds', async () => {
    const queue = await openBullmqQueue({ url: proxy.url, prefix: uniqueName('queue') });
    await queue.enqueue(new QueuedTasks().add(1));
    proxy.swallow();
    const started = Date.now();
    await expect(queue.enqueue(new QueuedTasks().add(1))).rejects.toMatchObject({
      code: QUEUE_ERRORS.unavailable,
    });
    expect(Date.now() - started).toBeLessThan(12_000);
    proxy.heal();
    await queue.close();
  });

  it('takes another connection for one that is half open for good: adding', async () => {
    const queue = await openBullmqQueue({ url: proxy.url, prefix: uniqueName('queue') });
    const jobs = new QueuedTasks().add(1);
    await queue.enqueue(jobs);
    proxy.abandon();
    await expect(queue.enqueue(jobs)).rejects.toMatchObject({ code: QUEUE_ERRORS.unavailable });
    await vi.waitFor(() => queue.enqueue(jobs), 3_000);
    await queue.close();
  });

  it('takes another connection for one that is half open for good: consuming', async () => {
    const prefix = uniqueName('queue');
    const tasks = new QueuedTasks();
    const queue = await openBullmqQueue({ url: redisUrl(), prefix });
    const handle = (task: QueuedTask) => Promise.resolve(void tasks.start(task));
    const own = { url: proxy.url, prefix, queues: ['default'], slots: 2, handle };
    const worker = consumeBullmqQueues(own);
    await queue.enqueue(tasks.add(1));
    await vi.waitFor(() => expect(tasks.started).toHaveLength(1), 5_000);
    proxy.abandon();
    await queue.enqueue(tasks.add(3));
    await vi.waitFor(() => expect(tasks.started).toHaveLength(4), 12_000);
    await worker.close();
    await queue.close();
  });

  it('refuses to open on a Redis that is not there', async () => {
    await expect(openBullmqQueue({ url: 'redis://127.0.0.1:1' })).rejects.toMatchObject({
      code: QUEUE_ERRORS.unavailable,
    });
  });
});

describe('a Redis that would lose jobs by itself', () => {
  const answering = (policy: string, version = '7.0.15') =>
    assertKeepsJobs(`redis_version:${version}\r\nmaxmemory_policy:${policy}\r\n`);

  it('is refused with the remedy', () => {
    expect(() => answering('allkeys-lru')).toThrow(/config set maxmemory-policy noeviction/);
    expect(() => answering('noeviction', '5.0.3')).toThrow(/Redis 5.0.3 is older than 6.2/);
    expect(() => answering('noeviction')).not.toThrow();
  });
});

interface RedisProxy {
  readonly url: string;
  /** Breaks every connection once so many more bytes went towards Redis. */
  cutAfter(bytes: number): void;
  /** Takes bytes and answers nothing. */
  swallow(): void;
  /** Half open for good: connections there are carry nothing more, in either direction. New ones do. */
  abandon(): void;
  heal(): void;
  close(): Promise<void>;
}

async function openProxy(target: URL): Promise<RedisProxy> {
  let budget = Infinity;
  let swallowing = false;
  let generation = 0;
  const sockets = new Set<Socket>();
  const forward = (near: Socket) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket) && (near.destroy(), far.destroy()));
    }
    const ownGeneration = generation;
    near.on('data', (bytes) => {
      if (swallowing || ownGeneration !== generation) return;
      budget -= bytes.length;
      if (budget > 0) far.write(bytes);
      else {
        far.write(bytes.subarray(0, bytes.length / 2), () => near.destroy());
      }
    });
    far.on('data', (bytes) => {
      if (ownGeneration === generation) near.write(bytes);
    });
  };
  const server: Server = createServer(forward).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target.href);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutAfter: (bytes) => void (budget = bytes),
    swallow: () => void (swallowing = true),
    abandon: () => void (generation += 1),
    heal: () => {
      swallowing = false;
      budget = Infinity;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
