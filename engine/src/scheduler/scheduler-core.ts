import { randomUUID } from 'node:crypto';

import type { Clock } from '../platform/clock.ts';
import { failpoint } from '../platform/failpoint.ts';
import type { Logger } from '../platform/log.ts';
import type { TimerRow } from '../state/flush-rows.ts';
import type { Database } from '../store/db.ts';
import { FlushConnection } from '../store/flush/flush-connection.ts';
import { RunInfoCache } from '../store/flush/run-info.ts';
import { endSession, openSession } from '../store/instances.ts';
import { NotificationListener, notify, type Notification } from '../store/notifications.ts';
import { toToldRow } from '../store/runs/told-run.ts';
import { listReady, type HeldTry } from '../store/sweep/sweep-rows.ts';
import { startQueuedRuns } from '../store/sweep/start-queued-runs.ts';
import type { Rewritten } from '../store/rewrite/rewrite-run.ts';
import { Flusher, type Flushed, type Outbox } from './flush/flusher.ts';
import { RunRewriter } from './run-rewriter.ts';
import type { CommittedRun } from './runs/run-maker.ts';
import { SingleFlight } from './single-flight.ts';
import { Sweep, type SweepActions } from './sweep/sweep.ts';
import { TaskTokens } from './task-tokens.ts';
import { TimerWheel } from './timer-wheel.ts';
import { LEASE_MS, WorkerSessions } from './worker-sessions.ts';

export interface SchedulerCoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Signs task tokens; equal on all schedulers of a database. */
  readonly taskTokenKey: string;
  /** Between sweeps. (Default: 1000) */
  readonly sweepMs?: number;
  /** BullMQ lane: where queued tasks go after their commit. */
  readonly outbox: Outbox | null;
  /** Told after a commit in which runs of these DAGs ended: their next ones may have their turn. */
  readonly onRunsEnded: (dagIds: ReadonlySet<string>) => void;
  /** DAGs were registered or paused, here or by another process. */
  readonly onDagsChanged: () => void;
  /** Every sweep: what else is to be repaired. */
  readonly onSweep: () => Promise<void>;
}

/** One scheduler process: flushes, timers, the sweep, wake-ups. Any number may share a database. */
export class SchedulerCore {
  readonly flusher: Flusher;
  readonly sessions: WorkerSessions;
  readonly taskTokens: TaskTokens;
  readonly cache: RunInfoCache;
  readonly rewriter: RunRewriter;
  private readonly options: SchedulerCoreOptions;
  private readonly timers: TimerWheel;
  private readonly starter: SingleFlight;
  private readonly sweep: Sweep;
  private readonly listener: NotificationListener;
  private sessionKey = 0;
  /** Whether others must be told of ready tasks; the sweep keeps it. */
  private hasOthers = false;
  private hasQueuedRuns = true;

  constructor(options: SchedulerCoreOptions) {
    const { database, clock, logger } = options;
    this.options = options;
    this.cache = new RunInfoCache(database);
    this.taskTokens = new TaskTokens(options.taskTokenKey);
    this.flusher = new Flusher({
      connection: new FlushConnection(database),
      cache: this.cache,
      taskTokens: this.taskTokens,
      clock,
      logger,
      outbox: options.outbox,
      onFlushed: (flushed) => this.afterFlush(flushed),
    });
    this.rewriter = new RunRewriter({
      database,
      clock,
      onRewritten: (done) => this.afterRewrite(done),
    });
    this.sessions = new WorkerSessions(database, {
      clock,
      lose: (tries, reason) => this.lose(tries, reason),
    });
    this.timers = new TimerWheel(clock, (due) => this.ring(due));
    this.starter = new SingleFlight('start runs', () => this.startRuns(), logger);
    this.listener = new NotificationListener(database.url, {
      logger,
      wake: (notification) => {
        if (notification.kind === 'ready') void this.offerReady(notification.runKeys);
        else if (notification.kind === 'made') this.runTold(notification);
        else this.wakeRuns();
        if (notification.kind === 'dags') {
          this.flusher.limitsChanged();
          options.onDagsChanged();
        }
      },
    });
    this.sweep = new Sweep({
      database,
      clock,
      logger,
      intervalMs: options.sweepMs ?? 1_000,
      isQueueing: options.outbox !== null,
      leaseMs: LEASE_MS,
      sessionKey: () => this.sessionKey,
      actions: this.sweepActions(),
    });
  }

  async start(): Promise<void> {
    const { database, clock } = this.options;
    const session = await openSession(database, {
      kind: 'scheduler',
      name: `scheduler-${randomUUID()}`,
      sessionId: randomUUID(),
      queues: [],
      now: new Date(clock.now()),
      leaseMs: LEASE_MS,
    });
    this.sessionKey = session.sessionKey;
    await this.listener.open();
    await this.sweep.start();
  }

  async close(): Promise<void> {
    const { database, clock } = this.options;
    await this.listener.close();
    await this.sweep.close();
    await this.starter.close();
    this.timers.close();
    await this.flusher.close();
    await endSession(database, this.sessionKey, new Date(clock.now())).catch(() => undefined);
  }

  /** Resolves when neither a sweep nor a flush is under way, nor a run about to start. */
  async settle(): Promise<void> {
    for (;;) {
      const work = this.sweep.underWay ?? this.starter.underWay ?? this.flusher.underWay;
      if (work === null) return;
      await work;
    }
  }

  /** Runs were created, cleared or unpaused: those within their limits start now. */
  wakeRuns(): void {
    this.hasQueuedRuns = true;
    this.starter.kick();
  }

  /** A run was made here: it begins if it holds its slot, else it queues for one. */
  runMade(run: CommittedRun): void {
    if (!run.isStarted) {
      this.wakeRuns();
      return;
    }
    this.cache.learn(run.info);
    this.beginMade(run.runKey);
  }

  /** The same by a process without a scheduler. Others hear it too: the flush of the first begins it. */
  private runTold({ runKey, run }: Notification & { readonly kind: 'made' }): void {
    if (run !== undefined) this.cache.learn(toToldRow(runKey, run));
    this.beginMade(runKey);
  }

  private beginMade(runKey: number): void {
    this.begin([runKey]).catch((err: unknown) => {
      this.options.logger.warn({ err, runKey }, 'a run was not begun; the sweep does');
    });
  }

  /** Gives tries up without using a retry. */
  lose(tries: readonly HeldTry[], reason: string): void {
    if (tries.length === 0) return;
    const endMs = this.options.clock.now();
    const reports = tries.map((held) => ({
      ...held,
      outcome: { kind: 'lost', reason } as const,
      startMs: null,
      endMs,
    }));
    this.flusher.report(reports).catch((err: unknown) => {
      this.options.logger.warn({ err }, 'lost tries were not given up; the sweep tries again');
    });
  }

  private sweepActions(): SweepActions {
    return {
      timers: (timers) => this.timers.set(timers),
      lose: (tries, reason) => this.lose(tries, reason),
      ready: async (refs, limits) => {
        this.flusher.ready.forgetHints();
        this.flusher.ready.learn([], limits);
        await this.flusher.offer(refs);
      },
      wakeRuns: () => this.wakeRuns(),
      begin: (runKeys) => this.begin(runKeys),
      repair: (runKey) => this.rewriter.repair(runKey),
      others: (count) => {
        this.hasOthers = count > 0;
      },
      more: () => this.options.onSweep(),
    };
  }

  private async startRuns(): Promise<void> {
    const { database, clock } = this.options;
    const started = await startQueuedRuns(database, new Date(clock.now()));
    this.hasQueuedRuns = started.hasMore;
    await this.begin(started.runKeys);
  }

  /** Fresh runs go through the flush; cleared ones are settled whole. */
  private async begin(runKeys: readonly number[]): Promise<void> {
    if (runKeys.length > 0) failpoint('run.started');
    await this.cache.load(runKeys);
    const isFresh = (runKey: number): boolean => this.cache.get(runKey)?.clearNumber === 0;
    this.flusher.begin(runKeys.filter(isFresh));
    for (const runKey of runKeys.filter((key) => !isFresh(key))) {
      this.cache.forget(runKey);
      await this.rewriter.begin(runKey);
    }
  }

  private afterFlush(flushed: Flushed): void {
    this.timers.set(flushed.timers);
    if (flushed.endedDags.size > 0) {
      if (this.hasQueuedRuns) this.starter.kick();
      this.options.onRunsEnded(flushed.endedDags);
    }
    if (this.hasOthers && flushed.leftReady.length > 0) this.tellOthers(flushed.leftReady);
  }

  private tellOthers(runKeys: readonly number[]): void {
    notify(this.options.database, { kind: 'ready', runKeys }).catch(() => {
      // Their sweep finds what is ready.
    });
  }

  private ring(due: readonly TimerRow[]): void {
    this.flusher.wake(due.filter((timer) => timer.kind !== 'run_timeout'));
    for (const timer of due) {
      if (timer.kind !== 'run_timeout') continue;
      this.rewriter.timeOut(timer.runKey).catch((err: unknown) => {
        this.options.logger.warn({ err, runKey: timer.runKey }, 'a run did not time out yet');
      });
    }
  }

  private afterRewrite(done: Rewritten): void {
    const refs = done.ready.map((ix) => ({ runKey: done.runKey, ix }));
    // Should reading them fail, the sweep offers them.
    this.flusher.offer(refs).catch(() => undefined);
    this.wakeRuns();
    if (done.before !== done.state) this.options.onRunsEnded(new Set([done.dagId]));
  }

  private async offerReady(runKeys: readonly number[]): Promise<void> {
    try {
      await this.flusher.offer(await listReady(this.options.database, runKeys));
    } catch (err) {
      this.options.logger.warn({ err }, 'ready tasks of another scheduler were not read');
    }
  }
}
