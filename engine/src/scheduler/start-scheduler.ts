import type { FastifyInstance } from 'fastify';

import { registerExecution } from '../execution/execution-plugin.ts';
import type { Clock } from '../platform/clock.ts';
import { silentLogger, type Logger } from '../platform/log.ts';
import type { TaskQueue } from '../queue/task-queue.ts';
import type { MarkedRunState, MarkedTaskState } from '../state/change-tasks.ts';
import type { Database } from '../store/db.ts';
import { raiseFenceTokens } from '../store/fence-tokens.ts';
import { readDatabaseTime } from '../store/read-clock.ts';
import { Seal } from '../store/sealed.ts';
import type { TopicLog } from '../topic-log/topic-log.ts';
import { createOutboxDispatcher, type OutboxDispatcher } from './runs/outbox-dispatcher.ts';
import { createRunMaker, type RunMaker } from './runs/run-maker.ts';
import type { StreamLag } from './runs/stream-lag.ts';
import type { TriggeredRun } from './runs/trigger-run.ts';
import { createDagCommands, type DagCommands, type TriggerRunRequest } from './dag-commands.ts';
import { DatabaseClock } from './database-clock.ts';
import { SchedulerCore } from './scheduler-core.ts';

export interface SchedulerOptions {
  readonly database: Database;
  readonly topicLog: TopicLog;
  /** (Default: the database's) */
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Signs task tokens and seals stored secrets; equal on all schedulers of a database. First one is current. */
  readonly secretKeys: readonly string[];
  readonly workerToken: string;
  /** Present: the BullMQ lane. Closed by its owner. */
  readonly queue?: TaskQueue;
  /** `TIDEGATE_CONN_<ID>` and `TIDEGATE_VAR_<ID>`, by upper-case id. */
  readonly connections?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** Between sweeps. (Default: 1000) */
  readonly sweepMs?: number;
}

/** A running scheduler: what the API, the CLI and standalone ask of it. */
export interface Scheduler extends DagCommands {
  /** After a topic was re-created: the DAG's next run starts at the topic's start. */
  resetStream(dagId: string): Promise<void>;
  clearTasks(runKey: number, places: readonly number[]): Promise<void>;
  markTasks(runKey: number, places: readonly number[], state: MarkedTaskState): Promise<void>;
  markRun(runKey: number, state: MarkedRunState): Promise<void>;
  /** Puts the execution API on a Fastify instance; give it a listener of its own. */
  registerExecution(app: FastifyInstance): Promise<void>;
  /** Takes no new work; resolves when what is under way is committed. */
  close(): Promise<void>;
}

/** Starts a scheduler on a migrated database. Any number may run at once. */
export async function startScheduler(options: SchedulerOptions): Promise<Scheduler> {
  const { database, logger = silentLogger } = options;
  const clock = options.clock ?? (await openDatabaseClock(database, logger));
  const scheduler = new RunningScheduler({ ...options, clock });
  await scheduler.start();
  return scheduler;
}

/** The clock every process goes by that dates what schedulers compare. Its opener closes it. */
export function openDatabaseClock(database: Database, logger: Logger): Promise<DatabaseClock> {
  return DatabaseClock.open({ readTime: () => readDatabaseTime(database), logger });
}

class RunningScheduler implements Scheduler {
  private readonly options: SchedulerOptions;
  private readonly clock: Clock;
  private readonly core: SchedulerCore;
  private readonly maker: RunMaker;
  private readonly dags: DagCommands;
  private readonly outbox: OutboxDispatcher | null;
  private readonly seal: Seal;

  constructor(options: SchedulerOptions & { readonly clock: Clock }) {
    const { database, topicLog } = options;
    const logger = options.logger ?? silentLogger;
    this.options = options;
    this.clock = options.clock;
    this.seal = new Seal(options.secretKeys);
    this.outbox =
      options.queue === undefined
        ? null
        : createOutboxDispatcher({
            sql: database,
            queue: options.queue,
            clock: this.clock,
            log: logger,
          });
    this.maker = createRunMaker({
      database,
      topicLog,
      clock: this.clock,
      log: logger,
      onRunMade: (run) => this.core.runMade(run),
    });
    this.dags = createDagCommands({ database, topicLog, clock: this.clock, maker: this.maker });
    this.core = new SchedulerCore({
      database,
      clock: this.clock,
      logger,
      taskTokenKey: options.secretKeys[0] ?? options.workerToken,
      outbox: this.outbox,
      onRunsEnded: (dagIds) => {
        for (const dagId of dagIds) this.maker.runEnded(dagId);
      },
      onDagsChanged: () => this.maker.dagsChanged(),
      onSweep: async () => {
        await Promise.all([this.maker.sweep(), this.outbox?.wake()]);
      },
      ...(options.sweepMs === undefined ? {} : { sweepMs: options.sweepMs }),
    });
  }

  async start(): Promise<void> {
    await raiseFenceTokens(this.options.database);
    await this.maker.start();
    await this.core.start();
  }

  triggerRun(request: TriggerRunRequest): Promise<TriggeredRun> {
    return this.dags.triggerRun(request);
  }

  listStreams(): Promise<StreamLag[]> {
    return this.dags.listStreams();
  }

  setPaused(dagId: string, isPaused: boolean): Promise<boolean> {
    return this.dags.setPaused(dagId, isPaused);
  }

  resetStream(dagId: string): Promise<void> {
    return this.maker.resetStream(dagId);
  }

  async clearTasks(runKey: number, places: readonly number[]): Promise<void> {
    await this.core.rewriter.clear(runKey, places);
  }

  async markTasks(
    runKey: number,
    places: readonly number[],
    state: MarkedTaskState,
  ): Promise<void> {
    await this.core.rewriter.markTasks(runKey, places, state);
  }

  async markRun(runKey: number, state: MarkedRunState): Promise<void> {
    await this.core.rewriter.markRun(runKey, state);
  }

  registerExecution(app: FastifyInstance): Promise<void> {
    return registerExecution(app, {
      scheduler: this.core,
      database: this.options.database,
      clock: this.clock,
      workerToken: this.options.workerToken,
      secrets: {
        connections: this.options.connections ?? {},
        variables: this.options.variables ?? {},
        seal: this.seal,
      },
      onDagsChanged: () => this.maker.dagsChanged(),
    });
  }

  async close(): Promise<void> {
    await this.maker.close();
    await this.core.close();
    await this.outbox?.close();
    if (this.clock instanceof DatabaseClock) this.clock.close();
  }
}
