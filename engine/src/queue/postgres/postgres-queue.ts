import type { QueueJob, TaskQueue } from '../task-queue.ts';

/**
 * The postgres lane: the task row is the queue, a claim is the start, so there is nothing to enqueue.
 * All that is left is to tell the waiting long polls that a claim would find something.
 */
export function createPostgresQueue(wakeClaims: (queues: ReadonlySet<string>) => void): TaskQueue {
  return {
    kind: 'postgres',
    enqueue: (jobs: readonly QueueJob[]) => {
      if (jobs.length > 0) wakeClaims(new Set(jobs.map((job) => job.queue)));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
