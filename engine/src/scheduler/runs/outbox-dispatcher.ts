import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { TaskQueue } from '../../queue/task-queue.ts';
import type { Sql } from '../../store/db.ts';
import { deleteOutbox, listOutbox, type OutboxJob } from '../../store/runs/outbox.ts';

export interface OutboxDispatcherOptions {
  readonly sql: Sql;
  readonly queue: TaskQueue;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface OutboxDispatcher {
  /** Jobs a flush has committed: sent at once, in batches when they come faster than the queue takes them. */
  committed(jobs: readonly OutboxJob[]): void;
  /** Rows whose jobs were sent: the next flush deletes them in its own transaction. */
  takeSent(): number[];
  /** Sends what committed rows are left: after a start, and now and then for what a dead process left. */
  sweep(): Promise<void>;
  /** Stops; rows not sent are left for the next start. */
  close(): Promise<void>;
}

const BATCH = 5_000;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 2_000;
/** Sent rows no flush came for. */
const FORGET_AFTER_MS = 500;

/**
 * Carries committed outbox rows into the queue. A job is sent at least once: a crash between sending and
 * deleting sends it again, which the compare-and-set of its start makes harmless.
 */
export function createOutboxDispatcher(options: OutboxDispatcherOptions): OutboxDispatcher {
  return new QueueingDispatcher(options);
}

class QueueingDispatcher implements OutboxDispatcher {
  readonly #options: OutboxDispatcherOptions;
  #waiting: OutboxJob[] = [];
  readonly #sent: number[] = [];
  /** In hand, or sent but not deleted: the sweep must not send them once more for nothing. */
  readonly #held = new Set<number>();
  #sending: Promise<void> | undefined;
  #cancelForget: (() => void) | undefined;
  #closed = false;

  constructor(options: OutboxDispatcherOptions) {
    this.#options = options;
  }

  committed(jobs: readonly OutboxJob[]): void {
    const fresh = jobs.filter((job) => !this.#held.has(job.outboxKey));
    for (const job of fresh) this.#held.add(job.outboxKey);
    this.#waiting.push(...fresh);
    if (fresh.length > 0) this.#startSending();
  }

  takeSent(): number[] {
    const keys = this.#sent.splice(0);
    for (const key of keys) this.#held.delete(key);
    return keys;
  }

  async sweep(): Promise<void> {
    // A backlog in hand is being sent already.
    if (this.#waiting.length < BATCH) this.committed(await listOutbox(this.#options.sql, BATCH));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelForget?.();
    await this.#sending;
    await this.#forget();
  }

  #startSending(): void {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0 && !this.#closed) this.#startSending();
    });
  }

  async #send(): Promise<void> {
    const { queue, clock, log } = this.#options;
    let pauseMs = RETRY_MIN_MS;
    while (this.#waiting.length > 0 && !this.#closed) {
      const batch = this.#waiting.slice(0, BATCH);
      try {
        await queue.enqueue(batch);
        this.#waiting = this.#waiting.slice(batch.length);
        this.#sent.push(...batch.map((job) => job.outboxKey));
        this.#armForget();
        pauseMs = RETRY_MIN_MS;
      } catch (err) {
        log.warn({ err, jobs: this.#waiting.length, retryInMs: pauseMs }, 'outbox was not sent');
        await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
        pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS);
      }
    }
  }

  #armForget(): void {
    this.#cancelForget ??= this.#options.clock.after(FORGET_AFTER_MS, () => {
      this.#cancelForget = undefined;
      if (!this.#closed) void this.#forget();
    });
  }

  async #forget(): Promise<void> {
    const keys = this.#sent.splice(0);
    try {
      await deleteOutbox(this.#options.sql, keys);
      for (const key of keys) this.#held.delete(key);
    } catch (err) {
      this.#sent.push(...keys);
      this.#options.log.warn({ err }, 'sent outbox rows were not deleted');
      if (!this.#closed) this.#armForget();
    }
  }
}
