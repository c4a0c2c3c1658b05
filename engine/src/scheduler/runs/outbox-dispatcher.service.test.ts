import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';

import { describeWith, serviceAddress, uniqueName } from '../../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../../test/engine/metadata-database.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { openBullmqQueue } from '../../queue/bullmq/bullmq-queue.ts';
import { consumeBullmqQueues } from '../../queue/bullmq/bullmq-consumer.ts';
import { queueUnavailable } from '../../queue/errors.ts';
import { jobId, type QueueJob, type TaskQueue } from '../../queue/task-queue.ts';
import type { Database } from '../../store/db.ts';
import { createOutboxDispatcher } from './outbox-dispatcher.ts';

describeWith(['postgres', 'redis'], 'outbox dispatcher', () => {
  let own: MetadataDatabase;
  let database: Database;
  beforeAll(async () => {
    own = await createMetadataDatabase('outbox');
    database = own.database;
  });
  beforeEach(async () => {
    await database.query('delete from tidegate.outbox');
  });
  afterAll(async () => {
    await own[Symbol.asyncDispose]();
  });

  const write = (count: number, first = 0) =>
    database.query(
      `insert into tidegate.outbox (run_key, ix, try_number, nonce, queue, priority)
       select 1, ix, 1, 'a', 'default', 1 from generate_series($1::int, $2::int) as ix`,
      [first, first + count - 1],
    );
  const left = async (): Promise<number> => {
    const { rows } = await database.query<{ count: number }>(
      'select count(*)::int as count from tidegate.outbox',
    );
    return rows[0]!.count;
  };
  const dispatch = (queue: TaskQueue) =>
    createOutboxDispatcher({ sql: database, queue, clock: systemClock, log: silentLogger });

  it('carries every committed job into Redis once and forgets it', async () => {
    const address = { url: serviceAddress('redis'), prefix: uniqueName('outbox') };
    const queue = await openBullmqQueue(address);
    const dispatcher = dispatch(queue);
    const started = new Map<string, number>();
    const worker = consumeBullmqQueues({
      ...address,
      queues: ['default'],
      slots: 32,
      handle: (task) => {
        started.set(jobId(task), (started.get(jobId(task)) ?? 0) + 1);
        return Promise.resolve();
      },
    });
    for (let flush = 0; flush < 20; flush += 1) {
      await write(30, flush * 30);
      void dispatcher.wake();
    }
    await vi.waitFor(() => expect(started.size).toBe(600), 10_000);
    await vi.waitFor(async () => expect(await left()).toBe(0), 5_000);
    expect([...started.values()].every((times) => times === 1)).toBe(true);
    await dispatcher.close();
    await worker.close();
    await queue.close();
  });

  it('keeps the rows while the queue is away and sends them when it is back', async () => {
    await write(10);
    const sent: QueueJob[] = [];
    let away = 3;
    const dispatcher = dispatch({
      kind: 'bullmq',
      enqueue: (jobs) => {
        away -= 1;
        if (away >= 0) return Promise.reject(queueUnavailable('enqueue', new Error('away')));
        sent.push(...jobs);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
    await dispatcher.wake();
    expect(await left()).toBe(10);
    await vi.waitFor(async () => expect(await left()).toBe(0), 5_000);
    expect(sent.map((job) => job.ix)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await dispatcher.close();
  });

  it('sends again what was sent but not forgotten when the process died', async () => {
    await write(3);
    const sent: string[] = [];
    const queue: TaskQueue = {
      kind: 'bullmq',
      enqueue: (jobs) => {
        sent.push(...jobs.map(jobId));
        if (sent.length === 3) return database.query('select 1 / 0').then(() => undefined);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
    const died = dispatch(queue);
    await died.wake();
    await died.close();
    expect(await left()).toBe(3);
    const next = dispatch(queue);
    await next.wake();
    expect(await left()).toBe(0);
    expect(new Set(sent).size).toBe(3);
    expect(sent).toHaveLength(6);
    await next.close();
  });
});
