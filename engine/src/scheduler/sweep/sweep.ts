import { countHeartbeat } from '../../metrics/scheduler-metrics.ts';
import type { Clock } from '../../platform/clock.ts';
import { toError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/log.ts';
import type { LimitRow, TaskRef, TimerRow } from '../../state/flush-rows.ts';
import type { Database } from '../../store/db.ts';
import { renewSession, sweepSessions } from '../../store/instances.ts';
import { createPartitions } from '../../store/partitions.ts';
import { repairLimits } from '../../store/sweep/repair-limits.ts';
import {
  deleteOldDeltas,
  listLostTries,
  listReady,
  listStuckRuns,
  listTimers,
  listUnbegunRuns,
  readLimits,
  requeueForgotten,
  type HeldTry,
} from '../../store/sweep/sweep-rows.ts';

/** What the sweep asks of the scheduler when it finds something. */
export interface SweepActions {
  timers(timers: readonly TimerRow[]): void;
  lose(tries: readonly HeldTry[], reason: string): void;
  ready(refs: readonly TaskRef[], limits: readonly LimitRow[]): Promise<void>;
  wakeRuns(): void;
  begin(runKeys: readonly number[]): Promise<void>;
  repair(runKey: number): Promise<void>;
  others(count: number): void;
  /** Makers of runs, the outbox. */
  more(): Promise<void>;
}

export interface SweepOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly isQueueing: boolean;
  readonly leaseMs: number;
  readonly sessionKey: () => number;
  readonly actions: SweepActions;
}

/** How many light sweeps lie between two that look through every live run. */
const DEEP_EVERY = 5;
const PARTITIONS_EVERY = 600;
const LIMITS_EVERY = 60;
/** Queued jobs not started for so long are offered to the queue again. */
const FORGOTTEN_MS = 30_000;
const DELTA_KEPT_MS = 60_000;

/** Repairs what a lost wake-up or a dead process left, every second; looks deeper every fifth time. */
export class Sweep {
  private readonly options: SweepOptions;
  private round = 0;
  private cancel: () => void = () => undefined;
  private running: Promise<void> | null = null;
  private isClosed = false;

  constructor(options: SweepOptions) {
    this.options = options;
  }

  /** The first round is done when this resolves: a restart takes up what was left. */
  async start(): Promise<void> {
    await this.sweep();
    this.later();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.cancel();
    await this.running;
  }

  /** Null when no round is under way. */
  get underWay(): Promise<void> | null {
    return this.running;
  }

  private async sweep(): Promise<void> {
    countHeartbeat();
    const isDeep = this.round % DEEP_EVERY === 0;
    const { actions } = this.options;
    const parts = [this.light(), actions.more(), ...(isDeep ? [this.deep(), this.tidy()] : [])];
    this.round += 1;
    for (const result of await Promise.allSettled(parts)) {
      if (result.status === 'fulfilled') continue;
      this.options.logger.warn({ err: toError(result.reason) }, 'a sweep was cut short');
    }
  }

  private later(): void {
    if (this.isClosed) return;
    this.cancel = this.options.clock.after(this.options.intervalMs, () => {
      this.running = this.sweep().finally(() => {
        this.running = null;
        this.later();
      });
    });
  }

  private async light(): Promise<void> {
    const { database, clock, intervalMs, actions } = this.options;
    actions.timers(await listTimers(database, clock.now() + 2 * intervalMs));
    actions.wakeRuns();
    await actions.begin(await listUnbegunRuns(database));
  }

  private async deep(): Promise<void> {
    const { database, clock, leaseMs, actions } = this.options;
    const now = new Date(clock.now());
    const lost = await listLostTries(database, { now, leaseMs });
    actions.lose(lost, 'the worker that ran it is gone');
    await actions.ready(await listReady(database, null), await readLimits(database));
    for (const runKey of await listStuckRuns(database)) await actions.repair(runKey);
    if (!this.options.isQueueing) return;
    await requeueForgotten(database, new Date(now.getTime() - FORGOTTEN_MS));
  }

  private async tidy(): Promise<void> {
    const { database, clock, leaseMs, sessionKey, actions } = this.options;
    const now = new Date(clock.now());
    await renewSession(database, { sessionKey: sessionKey(), now, leaseMs, held: [] });
    actions.others(await sweepSessions(database, sessionKey(), now));
    await deleteOldDeltas(database, new Date(now.getTime() - DELTA_KEPT_MS));
    if (this.round % LIMITS_EVERY === 1) await this.repairLimits();
    if (this.round % PARTITIONS_EVERY === 1) await createPartitions(database);
  }

  private async repairLimits(): Promise<void> {
    const { database, logger } = this.options;
    for (const repaired of await repairLimits(database)) {
      logger.warn({ ...repaired }, 'slots in use were miscounted; counted anew');
    }
  }
}
