import type { BullmqQueueOptions } from './bullmq/bullmq-queue.ts';
import type { TaskQueue } from './task-queue.ts';

/** Opens the BullMQ lane's queue; BullMQ and its Redis client, a fifth of a second to load, load only here. */
export async function openBullmqQueue(options: BullmqQueueOptions): Promise<TaskQueue> {
  const { openBullmqQueue: open } = await import('./bullmq/bullmq-queue.ts');
  return open(options);
}
