import type { Grant } from '../../execution/contract.ts';
import { observeFlush } from '../../metrics/scheduler-metrics.ts';
import { metricsPort } from '../../platform/config.ts';
import { TidegateError } from '../../platform/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Demand, Report } from '../../state/flush-batch.ts';
import { placeOf, type TaskRef, type TimerRow } from '../../state/flush-rows.ts';
import type { FlushConnection } from '../../store/flush/flush-connection.ts';
import type { FlushDone } from '../../store/flush/run-flush.ts';
import type { RunInfo, RunInfoCache } from '../../store/flush/run-info.ts';
import { traceCommit } from '../../tracing/when-committed.ts';
import type { TaskTokens } from '../task-tokens.ts';
import { buildGrant } from './build-grant.ts';
import { FlushLoop, type FlushResult } from './flush-loop.ts';
import {
  demandsOf,
  reportsOf,
  type Entry,
  type FinishAnswer,
  type Poll,
  type Work,
} from './flush-work.ts';
import { forecast } from './forecast.ts';
import { ReadyList } from './ready-list.ts';

export interface FlusherOptions {
  readonly connection: FlushConnection;
  readonly cache: RunInfoCache;
  readonly taskTokens: TaskTokens;
  readonly clock: Clock;
  readonly logger: Logger;
  /** BullMQ lane: what no worker asked for directly is queued, by way of the outbox. */
  readonly outbox: Outbox | null;
  /** Told after each commit. */
  readonly onFlushed: (done: Flushed) => void;
}

/** What the rest of the scheduler learns from a flush. */
export interface Flushed {
  readonly timers: readonly TimerRow[];
  readonly endedDags: ReadonlySet<string>;
  /** Runs with ready tasks no worker of this scheduler took. */
  readonly leftReady: readonly number[];
}

/** Carries queued tasks from their commit into the queue. */
export interface Outbox {
  /** A flush that queued tasks has committed. */
  wake(): unknown;
}

const MOST_REPORTS = 1_000;

/**
 * Group commit: whatever came in while a flush was under way goes into the next one, and none waits when
 * idle.
 */
export class Flusher {
  readonly ready = new ReadyList();
  private readonly options: FlusherOptions;
  private readonly entries: Entry[] = [];
  private readonly wakes = new Map<number, TaskRef>();
  private readonly begins = new Set<number>();
  private readonly polls = new Set<Poll>();
  /** Polls that a flush may grant something: no other one looks at them meanwhile. */
  private readonly polled = new Set<Poll>();
  private readonly loop: FlushLoop;

  constructor(options: FlusherOptions) {
    this.options = options;
    this.loop = new FlushLoop({
      ...options,
      queuesRest: options.outbox !== null,
      collect: () => this.collect(),
      isAwaited: () => this.entries.length > 0,
      deliver: (work, result) => {
        this.deliver(work, result);
      },
      over: (work) => {
        this.answerLeft(work.polls);
      },
    });
  }

  /** Resolves when the reports are committed. */
  report(reports: readonly Report[], demand: Demand | null = null): Promise<FinishAnswer> {
    return new Promise((resolve, reject) => {
      this.entries.push({ reports, demand, resolve, reject });
      this.kick();
    });
  }

  /**
   * A worker waits for grants until it is answered or leaves. Answers how to leave: true says that a flush
   * under way may grant it something yet, and answers it.
   */
  poll(poll: Poll): () => boolean {
    this.polls.add(poll);
    if (this.ready.size > 0) this.kick();
    return () => {
      this.polls.delete(poll);
      return this.polled.has(poll);
    };
  }

  wake(refs: readonly TaskRef[]): void {
    for (const ref of refs) this.wakes.set(placeOf(ref), ref);
    if (refs.length > 0) this.kick();
  }

  begin(runKeys: readonly number[]): void {
    for (const runKey of runKeys) this.begins.add(runKey);
    if (runKeys.length > 0) this.kick();
  }

  /** Ready task instances found elsewhere: the sweep, another scheduler. */
  async offer(refs: readonly TaskRef[]): Promise<void> {
    await this.options.cache.load(refs.map((ref) => ref.runKey));
    this.addReady(refs, (runKey) => this.options.cache.get(runKey));
    this.kick();
  }

  /** Null when no flush runs or is about to. */
  get underWay(): Promise<void> | null {
    return this.loop.underWay;
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    await this.loop.close();
    for (const entry of this.entries.splice(0)) entry.reject(closing());
    for (const poll of this.polls) poll.answer([]);
  }

  /** Limits, pauses or pools changed: what was passed over is tried again. */
  limitsChanged(): void {
    this.ready.forgetHints();
    this.kick();
  }

  private kick(): void {
    this.loop.kick();
  }

  /** Everything one flush takes on, or null when there is nothing to do. */
  private collect(): Work | null {
    const { cache, outbox } = this.options;
    const entries: Entry[] = [];
    let reports = 0;
    for (const entry of this.entries) {
      if (entries.length > 0 && reports + entry.reports.length > MOST_REPORTS) break;
      entries.push(entry);
      reports += entry.reports.length;
    }
    this.entries.splice(0, entries.length);
    const polls = [...this.polls].filter((poll) => !this.polled.has(poll));
    const demands = [...demandsOf(entries), ...polls.map((poll) => poll.demand)];
    const free =
      outbox !== null ? [...demands, { queues: EVERY_QUEUE, slots: MOST_REPORTS }] : demands;
    const candidates =
      this.ready.size === 0 ? [] : this.ready.take(free, forecast(reportsOf(entries), cache));
    const wakes = [...this.wakes.values()];
    const begins = [...this.begins];
    this.wakes.clear();
    this.begins.clear();
    if (entries.length + candidates.length + wakes.length + begins.length === 0) return null;
    for (const poll of polls) this.polled.add(poll);
    return { entries, polls, demands, candidates, wakes, begins };
  }

  private deliver(work: Work, result: FlushResult | null): void {
    const verdicts = new Map<Report, 'accepted' | 'stale'>();
    const grants = result === null ? [] : this.grantsByDemand(work, result.done);
    if (result !== null) {
      const { done, batch } = result;
      const { cache, clock } = this.options;
      batch.reports.forEach((report, place) =>
        verdicts.set(report, done.writes.verdicts[place] ?? 'stale'),
      );
      if (metricsPort !== undefined) observeFlush({ done, batch, nowMs: clock.now(), cache });
      traceCommit?.({ done, nowMs: clock.now(), cache });
      this.learn(work, done);
    }
    let place = 0;
    for (const entry of work.entries) {
      const own = entry.demand === null ? [] : (grants[place++] ?? []);
      entry.resolve({
        verdicts: entry.reports.map((report) => verdicts.get(report) ?? 'stale'),
        grants: own,
      });
    }
    for (const poll of work.polls) this.answerPoll(poll, grants[place++] ?? []);
  }

  private grantsByDemand(work: Work, done: FlushDone): Grant[][] {
    const { taskTokens, clock } = this.options;
    const { outputs, infoOf } = done;
    const nowMs = clock.now();
    const lists: Grant[][] = work.demands.map(() => []);
    for (const { demand, task } of done.writes.grants) {
      lists[demand]?.push(buildGrant(task, infoOf(task.runKey), { outputs, taskTokens, nowMs }));
    }
    return lists;
  }

  private learn(work: Work, done: FlushDone): void {
    this.ready.learn(done.runs.values(), done.limits.values());
    const unmet = work.candidates.filter(
      (ref) => done.tasks.get(placeOf(ref))?.state === 'scheduled',
    );
    this.addReady([...unmet, ...done.writes.ready], done.infoOf);
    const endedDags = new Set<string>();
    for (const runKey of done.ended) {
      endedDags.add(done.infoOf(runKey).dagId);
      this.options.cache.forget(runKey);
      this.ready.forgetRun(runKey);
    }
    this.options.onFlushed({
      timers: done.writes.timers,
      endedDags,
      leftReady: [...new Set(done.writes.ready.map((row) => row.runKey))],
    });
    if (done.writes.queued.length > 0) this.options.outbox?.wake();
  }

  private addReady(
    refs: readonly TaskRef[],
    infoOf: (runKey: number) => RunInfo | undefined,
  ): void {
    for (const ref of refs) {
      const info = infoOf(ref.runKey);
      if (info !== undefined) this.ready.add(info, ref.ix);
    }
  }

  /** A poll is answered with its first grants; one that left meanwhile gives them back at once. */
  private answerPoll(poll: Poll, grants: readonly Grant[]): void {
    if (grants.length === 0) return;
    this.polls.delete(poll);
    if (!poll.answer(grants)) this.takeBack(grants);
  }

  /** Polls that left during the flush were told to wait for its end. */
  private answerLeft(polls: readonly Poll[]): void {
    for (const poll of polls) {
      this.polled.delete(poll);
      if (!this.polls.has(poll)) poll.answer([]);
    }
  }

  /** Grants nobody will hear of. */
  takeBack(grants: readonly Grant[]): void {
    const now = this.options.clock.now();
    const outcome = {
      kind: 'lost',
      reason: 'the worker left before the grant reached it',
    } as const;
    const reports = grants.map((grant) => ({
      runKey: grant.runKey,
      ix: grant.ix,
      tryNumber: grant.tryNumber,
      token: grant.token,
      outcome,
      startMs: null,
      endMs: now,
    }));
    this.report(reports).catch((err: unknown) => {
      // Their lease ends, and the sweep finds them.
      this.options.logger.warn({ err }, 'grants of a closed poll were not taken back');
    });
  }
}

/** Stands for "any queue" where everything ready is queued anyway. */
const EVERY_QUEUE: ReadonlySet<string> = new (class extends Set<string> {
  override has(): boolean {
    return true;
  }
})();

function closing(): TidegateError {
  return new TidegateError('SCHEDULER_CLOSING', 'the scheduler is stopping: report to another', {
    retriable: true,
  });
}
