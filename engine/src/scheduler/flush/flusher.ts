import type { Grant } from '../../execution/contract.ts';
import { observeFlush } from '../../metrics/scheduler-metrics.ts';
import { metricsPort } from '../../platform/config.ts';
import { TidegateError, toError } from '../../platform/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Demand, FlushBatch, Report } from '../../state/flush-batch.ts';
import { placeOf, type TaskRef, type TimerRow } from '../../state/flush-rows.ts';
import { STORE_ERRORS } from '../../store/errors.ts';
import type { FlushConnection } from '../../store/flush/flush-connection.ts';
import { runFlush, StaleRunInfo, type FlushDone } from '../../store/flush/run-flush.ts';
import type { RunInfoCache } from '../../store/flush/run-info.ts';
import { isConflict, isConnectionLoss, randomPause } from '../../store/pg-errors.ts';
import { traceCommit } from '../../tracing/when-committed.ts';
import type { TaskTokens } from '../task-tokens.ts';
import { buildGrant } from './build-grant.ts';
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

export interface FinishAnswer {
  readonly verdicts: readonly ('accepted' | 'stale')[];
  readonly grants: readonly Grant[];
}

/** A waiting worker. `answer` says whether it still listens. */
export interface Poll {
  readonly demand: Demand;
  readonly answer: (grants: readonly Grant[]) => boolean;
}

interface Entry {
  readonly reports: readonly Report[];
  readonly demand: Demand | null;
  readonly resolve: (answer: FinishAnswer) => void;
  readonly reject: (error: Error) => void;
}

const NO_POLLS: ReadonlySet<Poll> = new Set();

const MOST_REPORTS = 1_000;
const RETRY_PAUSE_MS = 200;

/**
 * Group commit: whatever came in while a flush was under way goes into the next one, and none waits when
 * idle. One flush at a time, over one connection.
 */
export class Flusher {
  readonly ready = new ReadyList();
  private readonly options: FlusherOptions;
  private readonly entries: Entry[] = [];
  private readonly wakes = new Map<number, TaskRef>();
  private readonly begins = new Set<number>();
  private readonly polls = new Set<Poll>();
  private polled: ReadonlySet<Poll> = NO_POLLS;
  private isFlushing = false;
  private isScheduled = false;
  private isClosed = false;
  private whenIdle: (() => void)[] = [];

  constructor(options: FlusherOptions) {
    this.options = options;
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
    this.addReady(refs);
    this.kick();
  }

  /** Null when no flush runs or is about to. */
  get underWay(): Promise<void> | null {
    if (!this.isFlushing && !this.isScheduled) return null;
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.underWay;
    for (const entry of this.entries.splice(0)) entry.reject(closing());
    for (const poll of this.polls) poll.answer([]);
    await this.options.connection.drop();
  }

  /** Limits, pauses or pools changed: what was passed over is tried again. */
  limitsChanged(): void {
    this.ready.forgetHints();
    this.kick();
  }

  kick(): void {
    if (this.isScheduled || this.isFlushing || this.isClosed) return;
    this.isScheduled = true;
    setImmediate(() => void this.loop());
  }

  private async loop(): Promise<void> {
    this.isFlushing = true;
    this.isScheduled = false;
    try {
      for (let work = this.collect(); work !== null && !this.isClosed; work = this.collect()) {
        this.polled = new Set(work.polls);
        await this.flush(work);
        this.polled = NO_POLLS;
        this.answerLeft(work.polls);
      }
    } finally {
      this.isFlushing = false;
      for (const resolve of this.whenIdle.splice(0)) resolve();
    }
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
    const polls = [...this.polls];
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
    return { entries, polls, demands, candidates, wakes, begins };
  }

  private async flush(work: Work): Promise<void> {
    for (;;) {
      try {
        const done = await this.attempt(work);
        this.deliver(work, done);
        return;
      } catch (thrown) {
        if (!(await this.isWorthRetrying(thrown))) {
          await this.giveUp(work, toError(thrown));
          return;
        }
      }
    }
  }

  private async attempt(work: Work): Promise<{ done: FlushDone | null; batch: FlushBatch }> {
    const { cache, clock, connection } = this.options;
    const reports = reportsOf(work.entries);
    const refs = [...reports, ...work.wakes, ...work.candidates];
    await cache.load([...refs.map((ref) => ref.runKey), ...work.begins]);
    const isKnown = ({ runKey, ix }: TaskRef): boolean =>
      cache.get(runKey)?.flow.tasks[ix] !== undefined;
    const batch: FlushBatch = {
      nowMs: clock.now(),
      reports: reports.filter(isKnown),
      wakes: work.wakes.filter(isKnown),
      begins: work.begins.filter((runKey) => cache.get(runKey) !== undefined),
      demands: work.demands,
      candidates: work.candidates.filter(isKnown),
      queuesRest: this.options.outbox !== null,
    };
    const size = batch.reports.length + batch.wakes.length + batch.begins.length;
    if (size + batch.candidates.length === 0) return { done: null, batch };
    return { done: await runFlush(connection, batch, cache), batch };
  }

  private deliver(work: Work, result: { done: FlushDone | null; batch: FlushBatch }): void {
    const { done, batch } = result;
    const verdicts = new Map<Report, 'accepted' | 'stale'>();
    batch.reports.forEach((report, place) =>
      verdicts.set(report, done?.writes.verdicts[place] ?? 'stale'),
    );
    const grants = done === null ? [] : this.grantsByDemand(work, done);
    if (done !== null) {
      const { cache, clock } = this.options;
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
    const { cache, taskTokens } = this.options;
    const lists: Grant[][] = work.demands.map(() => []);
    for (const { demand, task } of done.writes.grants) {
      const info = cache.get(task.runKey);
      if (info === undefined) continue;
      lists[demand]?.push(buildGrant(task, info, { outputs: done.outputs, taskTokens }));
    }
    return lists;
  }

  private learn(work: Work, done: FlushDone): void {
    this.ready.learn(done.runs.values(), done.limits.values());
    const unmet = work.candidates.filter(
      (ref) => done.tasks.get(placeOf(ref))?.state === 'scheduled',
    );
    this.addReady(unmet);
    this.addReady(done.writes.ready);
    const endedDags = new Set<string>();
    for (const runKey of done.ended) {
      endedDags.add(this.options.cache.get(runKey)?.dagId ?? '');
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

  private addReady(refs: readonly TaskRef[]): void {
    for (const ref of refs) {
      const info = this.options.cache.get(ref.runKey);
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
    for (const poll of polls) if (!this.polls.has(poll)) poll.answer([]);
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

  private async isWorthRetrying(thrown: unknown): Promise<boolean> {
    if (thrown instanceof StaleRunInfo) return true;
    if (isConflict(thrown)) {
      await randomPause();
      return true;
    }
    const isAway =
      isConnectionLoss(thrown) ||
      (thrown instanceof TidegateError && thrown.code === STORE_ERRORS.unavailable);
    if (!isAway || this.isClosed) return false;
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
        const only: Entry = { reports: [report], demand: null, resolve, reject };
        void this.flush({ ...EMPTY, entries: [only] });
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

interface Work {
  readonly entries: readonly Entry[];
  readonly polls: readonly Poll[];
  /** Those of the entries, then those of the polls. */
  readonly demands: readonly Demand[];
  readonly candidates: readonly TaskRef[];
  readonly wakes: readonly TaskRef[];
  readonly begins: readonly number[];
}

const EMPTY: Work = { entries: [], polls: [], demands: [], candidates: [], wakes: [], begins: [] };

/** Stands for "any queue" where everything ready is queued anyway. */
const EVERY_QUEUE: ReadonlySet<string> = new (class extends Set<string> {
  override has(): boolean {
    return true;
  }
})();

function reportsOf(entries: readonly Entry[]): Report[] {
  return entries.flatMap((entry) => entry.reports);
}

function demandsOf(entries: readonly Entry[]): Demand[] {
  return entries.flatMap((entry) => entry.demand ?? []);
}

function closing(): TidegateError {
  return new TidegateError('SCHEDULER_CLOSING', 'the scheduler is stopping: report to another', {
    retriable: true,
  });
}
