/**
 * The task queue: how a worker learns that a task may start. A cache, never the truth.
 *
 * What a queue may do, and must not matter: lose any job (the sweep enqueues again what stayed queued),
 * deliver one twice or to two workers (a start is a compare-and-set on state, try and nonce, so the second is
 * stale), deliver late, or out of order.
 */
export interface TaskQueue {
  /** The lane, for messages and metrics. */
  readonly kind: 'bullmq' | 'postgres';
  /**
   * Makes the jobs visible to workers. Rejects with the retriable `QUEUE_UNAVAILABLE`, in which case some of
   * them may be there already: enqueue all of them again. A job that still waits is not doubled.
   */
  enqueue(jobs: readonly QueueJob[]): Promise<void>;
  close(): Promise<void>;
}

/** Names one start of one try; what a consumer hands to its handler and `/execution/start` takes. */
export interface QueuedTask {
  readonly runKey: number;
  readonly ix: number;
  readonly tryNumber: number;
  /** Differs between two queuings of the same try (a clear, a lost worker). */
  readonly nonce: string;
}

export interface QueueJob extends QueuedTask {
  readonly queue: string;
  /** Higher goes first, as a task's `priority`. */
  readonly priority: number;
}

/** Equal for the same start, so that enqueuing it again while it waits adds nothing. */
export function jobId(task: QueuedTask): string {
  return `ti-${task.runKey}-${task.ix}-${task.tryNumber}-${task.nonce}`;
}
