import type { Clock } from '../../platform/clock.ts';
import { toError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/log.ts';
import type { FlushBatch } from '../../state/flush-batch.ts';
import type { FlushConnection } from '../../store/flush/flush-connection.ts';
import {
  beginFlush,
  finishFlush,
  StaleRunInfo,
  type BegunFlush,
  type FlushDone,
} from '../../store/flush/run-flush.ts';
import type { RunInfoCache } from '../../store/flush/run-info.ts';
import { isConflict, isConnectionLoss, randomPause } from '../../store/pg-errors.ts';
import {
  batchOf,
  isEmpty,
  runKeysOf,
  workOf,
  type Entry,
  type FinishAnswer,
  type Work,
} from './flush-work.ts';

/** What was asked of the database, and what it did. */
export interface FlushResult {
  readonly batch: FlushBatch;
  readonly done: FlushDone;
}

export interface FlushLoopOptions {
  readonly connection: FlushConnection;
  readonly cache: RunInfoCache;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly queuesRest: boolean;
  /** Everything the next flush takes on, or null when there is nothing to do. */
  readonly collect: () => Work | null;
  /** Reports wait that a next flush may begin with. */
  readonly isAwaited: () => boolean;
  /** Committed; null where nothing was left to be written. */
  readonly deliver: (work: Work, result: FlushResult | null) => void;
  /** Over, whether it was committed or given up. */
  readonly over: (work: Work) => void;
}

interface Planned {
  readonly work: Work;
  /** Its locks are asked for already. */
  readonly begun: BegunFlush | null;
}

const RETRY_PAUSE_MS = 200;

/**
 * One transaction after the other, over one connection. While one commits, the next asks for its locks behind
 * it, so that the server goes from one to the next without waiting for the scheduler; what it then locks is
 * what the one before has left.
 */
export class FlushLoop {
  private readonly options: FlushLoopOptions;
  private next: Planned | null = null;
  private isRunning = false;
  private isScheduled = false;
  private isCommitting = false;
  private isClosed = false;
  private whenIdle: (() => void)[] = [];

  constructor(options: FlushLoopOptions) {
    this.options = options;
  }

  /** There is something to do. */
  kick(): void {
    this.beginNext();
    if (this.isScheduled || this.isRunning || this.isClosed) return;
    this.isScheduled = true;
    setImmediate(() => void this.run());
  }

  /** Null when no flush runs or is about to. */
  get underWay(): Promise<void> | null {
    if (!this.isRunning && !this.isScheduled) return null;
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  /** Resolves when nothing is under way any more; nothing is collected from now on. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.underWay;
    await this.options.connection.drop();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    this.isScheduled = false;
    try {
      for (let planned = this.take(); planned !== null; planned = this.take()) {
        await this.flush(planned);
        this.options.over(planned.work);
      }
    } finally {
      this.isRunning = false;
      for (const resolve of this.whenIdle.splice(0)) resolve();
    }
  }

  private take(): Planned | null {
    const { next } = this;
    this.next = null;
    if (next !== null) return next;
    const work = this.isClosed ? null : this.options.collect();
    return work === null ? null : { work, begun: null };
  }

  private readonly whileCommitting = (answered: Promise<unknown>): void => {
    this.isCommitting = true;
    const end = (): void => {
      this.isCommitting = false;
    };
    answered.then(end, end);
    // Not here: what it throws is no fault of the flush that commits.
    queueMicrotask(() => {
      this.beginNext();
    });
  };

  private beginNext(): void {
    if (!this.isCommitting || this.next !== null || this.isClosed) return;
    const work = this.options.isAwaited() ? this.options.collect() : null;
    if (work === null) return;
    const isKnown = runKeysOf(work).every((runKey) => this.options.cache.get(runKey) !== undefined);
    try {
      this.next = { work, begun: isKnown ? this.begin(work) : null };
    } catch {
      // Its own attempt meets the same, and says so.
      this.next = { work, begun: null };
    }
  }

  /** Its runs are in the cache, those that exist. Null where nothing is to be done. */
  private begin(work: Work): BegunFlush | null {
    const { connection, cache, clock, queuesRest } = this.options;
    const batch = batchOf(work, { nowMs: clock.now(), queuesRest, cache });
    return isEmpty(batch) ? null : beginFlush(connection, batch, cache);
  }

  /** The transaction of the next flush would stand in the way of any other. */
  private async letGoOfNext(): Promise<void> {
    const { next } = this;
    if (next?.begun == null) return;
    this.next = { ...next, begun: null };
    await this.options.connection.rollBack(new Error('the flush before is not over'));
  }

  private async flush(planned: Planned): Promise<void> {
    const { work } = planned;
    for (let { begun } = planned; ; begun = null) {
      try {
        const result = begun === null ? await this.attempt(work) : await this.finish(begun);
        this.options.deliver(work, result);
        return;
      } catch (thrown) {
        if (!(await this.isWorthRetrying(thrown))) {
          await this.giveUp(work, toError(thrown));
          return;
        }
      }
    }
  }

  private async attempt(work: Work): Promise<FlushResult | null> {
    const { connection, cache } = this.options;
    await this.letGoOfNext();
    await cache.load(runKeysOf(work));
    await connection.open();
    const begun = this.begin(work);
    return begun === null ? null : this.finish(begun);
  }

  private async finish(begun: BegunFlush): Promise<FlushResult> {
    const { connection, cache, clock } = this.options;
    const onCommitting = this.whileCommitting;
    // The flush before may have taken long: what starts now does not start then.
    const batch = { ...begun.batch, nowMs: clock.now() };
    const done = await finishFlush(connection, { ...begun, batch }, { cache, onCommitting });
    return { batch, done };
  }

  private async isWorthRetrying(thrown: unknown): Promise<boolean> {
    if (thrown instanceof StaleRunInfo) return true;
    if (isConflict(thrown)) {
      await randomPause();
      return true;
    }
    if (!isConnectionLoss(thrown) || this.isClosed) return false;
    this.options.logger.warn({ err: thrown }, 'metadata database away, the flush waits');
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    return true;
  }

  /** One report no transaction can take must not hold up the others: each is tried alone. */
  private async giveUp(work: Work, error: Error): Promise<void> {
    this.options.logger.error({ err: error }, 'a flush failed');
    if (work.entries.length <= 1 && (work.entries[0]?.reports.length ?? 0) <= 1) {
      for (const entry of work.entries) entry.reject(error);
      return;
    }
    for (const entry of work.entries) await this.flushAlone(entry);
  }

  private async flushAlone(entry: Entry): Promise<void> {
    const verdicts: ('accepted' | 'stale')[] = [];
    for (const report of entry.reports) {
      const alone = new Promise<FinishAnswer>((resolve, reject) => {
        const work = workOf({ reports: [report], demand: null, resolve, reject });
        void this.flush({ work, begun: null });
      });
      try {
        verdicts.push(...(await alone).verdicts);
      } catch (thrown) {
        entry.reject(toError(thrown));
        return;
      }
    }
    entry.resolve({ verdicts, grants: [] });
  }
}
