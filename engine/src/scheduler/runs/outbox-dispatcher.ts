import type { Clock } from '../../platform/clock.ts';
import { failpoint } from '../../platform/failpoint.ts';
import type { Logger } from '../../platform/log.ts';
import type { TaskQueue } from '../../queue/task-queue.ts';
import type { Sql } from '../../store/db.ts';
import { exchangeOutbox } from '../../store/runs/outbox.ts';
import { createCoalescer } from './coalescer.ts';

export interface OutboxDispatcherOptions {
  readonly sql: Sql;
  readonly queue: TaskQueue;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface OutboxDispatcher {
  /**
   * A transaction that queued tasks has committed, or nobody knows (start, sweep): sends every row there is.
   * Resolves when what was committed before the call is in the queue, or sending failed and is retried.
   */
  wake(): Promise<void>;
  /** Stops; rows not sent are left for the next start. */
  close(): Promise<void>;
}

const BATCH = 5_000;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 2_000;

/**
 * Carries committed outbox rows into the queue: read, send, delete with the next read. A job is sent at
 * least once: a crash before the delete, or a second scheduler, sends it again, which the compare-and-set of
 * its start makes harmless.
 */
export function createOutboxDispatcher(options: OutboxDispatcherOptions): OutboxDispatcher {
  const { sql, queue, clock, log } = options;
  let pauseMs = RETRY_MIN_MS;
  let closed = false;
  const retryLater = (err: unknown): void => {
    log.warn({ err, retryInMs: pauseMs }, 'outbox was not sent');
    clock.after(pauseMs, () => void sending.ask('outbox'));
    pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS);
  };
  const sending = createCoalescer(async () => {
    let jobs = await exchangeOutbox(sql, { sent: [], limit: BATCH });
    while (jobs.length > 0) {
      failpoint('outbox.before-send');
      await queue.enqueue(jobs);
      failpoint('outbox.after-send');
      pauseMs = RETRY_MIN_MS;
      // What is in the queue is forgotten even while closing, or the next start would send it again.
      const limit = closed ? 0 : BATCH;
      jobs = await exchangeOutbox(sql, { sent: jobs.map((job) => job.outboxKey), limit });
    }
  }, retryLater);
  return {
    wake: () => sending.ask('outbox'),
    close: () => {
      closed = true;
      return sending.close();
    },
  };
}
