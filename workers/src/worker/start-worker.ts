import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import {
  silentLogger,
  TidegateError,
  withResolvers,
  type Logger,
  type PromiseWithResolvers,
} from '@tidegate/engine/platform';
import type { TopicLogConfig } from '@tidegate/engine/topic-log';

import { WORKER_ERRORS } from './errors.ts';
import { createLogShipper } from './log/log-shipper.ts';
import { createBundleStore } from './supervisor/bundle-store.ts';
import { createEngineClient, type EngineClient } from './supervisor/engine-client.ts';
import { createFinisher } from './supervisor/finisher.ts';
import { startHeartbeat } from './supervisor/heartbeat.ts';
import type { Lane, LaneHost } from './supervisor/lane.ts';
import { delay } from './supervisor/retry.ts';
import { createPostgresLane } from './supervisor/postgres-lane.ts';
import { createProcessPool, type ProcessLimits } from './supervisor/process-pool.ts';
import { keepSession } from './supervisor/session.ts';
import { Supervisor, type SupervisorParts } from './supervisor/supervisor.ts';
import { countWorker } from './supervisor/worker-metrics.ts';

export type WorkerLane =
  | { readonly kind: 'postgres' }
  | { readonly kind: 'bullmq'; readonly redisUrl: string; readonly prefix?: string };

export interface WorkerConfig {
  /** Base URL of the execution API. */
  readonly executionUrl: string;
  readonly workerToken: string;
  /** Stable over restarts of this worker; two workers never share it. */
  readonly workerId: string;
  /** Bundles are kept in its `cache` folder. */
  readonly home: string;
  readonly queues: readonly string[];
  /** Most tasks at once. */
  readonly concurrency: number;
  /** Null: tasks of DAGs with a source fail by name. */
  readonly topicLog: TopicLogConfig | null;
  readonly lane: WorkerLane;
  /** All that task processes see of the environment. */
  readonly taskEnvironment: Readonly<Record<string, string>>;
  readonly timing?: Partial<WorkerTiming>;
  readonly limits?: Partial<WorkerLimits>;
}

export interface WorkerTiming {
  /** The lease to assume until the engine names one. (Default: 15 s) */
  readonly leaseMs: number;
  /** How long an aborted task may take to stop. (Default: 10 s) */
  readonly abortGraceMs: number;
  /** How long tasks may go on after `stop`. (Default: 30 s) */
  readonly stopGraceMs: number;
}

export interface WorkerLimits extends ProcessLimits {
  /** Heap of a task process. (Default: 1,024) */
  readonly heapMb: number;
}

export interface RunningWorker {
  readonly workerId: string;
  /** Rejects with `WORKER_SUPERSEDED` when a newer process of this worker takes over; resolves after `stop`. */
  readonly ended: Promise<void>;
  /** Claims nothing more, lets tasks end within the grace, reports the rest as lost. */
  stop(): Promise<void>;
}

const DEFAULT_TIMING: WorkerTiming = { leaseMs: 15_000, abortGraceMs: 10_000, stopGraceMs: 30_000 };
const REPORT_MS = 5_000;

/** Starts a worker. Resolves when its first task process is up and it claims work. */
export async function startWorker(
  config: WorkerConfig,
  log: Logger = silentLogger,
): Promise<RunningWorker> {
  const timing = { ...DEFAULT_TIMING, ...config.timing };
  const worker = { workerId: config.workerId, sessionId: randomUUID() };
  const client = createEngineClient(config);
  const end = createEnding();
  const supervisor = new Supervisor({
    ...config,
    ...timing,
    onSuperseded: () => {
      end.reject(superseded(config.workerId));
    },
  });
  const ended = new AbortController();
  const stopCounting = countWorker({
    slots: config.concurrency,
    freeSlots: () => supervisor.freeSlots(),
  });
  ended.signal.addEventListener('abort', stopCounting);
  const parts = await assemble({
    ...{ config, timing, worker, client, supervisor, log },
    ended: ended.signal,
  });
  supervisor.assemble(parts);
  try {
    await parts.pool.start();
  } catch (err) {
    await shutDown(parts, client, ended);
    throw err;
  }
  // The claim first: it tells the engine the queues.
  parts.lane.start();
  const onOpen = (): void => {
    parts.heartbeat.beat();
  };
  void keepSession({ worker, hold: client.holdSession, onOpen, signal: ended.signal, log });
  log.info({ ...worker, queues: config.queues, lane: config.lane.kind }, 'worker started');
  let stopping: Promise<void> | undefined;
  return {
    workerId: worker.workerId,
    ended: end.promise,
    stop: () => {
      stopping ??= stopWorker({ parts, supervisor, client, timing, ended, log }).finally(
        end.resolve,
      );
      return stopping;
    },
  };
}

interface Assembly {
  readonly config: WorkerConfig;
  readonly timing: WorkerTiming;
  readonly worker: { readonly workerId: string; readonly sessionId: string };
  readonly client: EngineClient;
  readonly supervisor: Supervisor;
  readonly ended: AbortSignal;
  readonly log: Logger;
}

async function assemble(assembly: Assembly): Promise<SupervisorParts> {
  const { config, timing, worker, client, supervisor, ended, log } = assembly;
  const bundleFolder = join(config.home, 'cache', 'bundles');
  const { heapMb, ...limits } = { ...defaultLimits(config.concurrency), ...config.limits };
  const lane = await createLane(assembly, supervisor);
  const { executionUrl } = config;
  const topicLog = withoutFunctions(config.topicLog);
  const finisher = createFinisher({
    worker,
    queues: config.queues,
    send: client.finish,
    lane,
    isBusy: () => supervisor.isBusy,
    log,
  });
  return {
    lane,
    finisher,
    logs: createLogShipper({
      send: (chunks) => client.log({ workerId: worker.workerId, chunks: [...chunks] }),
      log,
    }),
    bundles: createBundleStore({ folder: bundleFolder, fetch: client.artefact, signal: ended }),
    heartbeat: startHeartbeat({
      worker,
      send: client.heartbeat,
      supervisor,
      unanswered: () => finisher.unanswered(),
      log,
      leaseMs: timing.leaseMs,
    }),
    pool: createProcessPool({
      process: {
        settings: { executionUrl, bundleFolder, topicLog, slots: limits.tasksPerProcess },
        environment: config.taskEnvironment,
        heapMb,
      },
      limits,
      events: supervisor,
      log,
    }),
  };
}

/** A logger or clock cannot go to another process; task processes have their own. */
function withoutFunctions(topicLog: TopicLogConfig | null): TopicLogConfig | null {
  if (topicLog === null) return null;
  const entries = Object.entries(topicLog).filter(([name]) => name !== 'log' && name !== 'clock');
  return Object.fromEntries(entries) as unknown as TopicLogConfig;
}

async function createLane(
  { config, worker, client, log }: Assembly,
  host: LaneHost,
): Promise<Lane> {
  const shared = { worker, queues: config.queues, host, log };
  if (config.lane.kind === 'postgres')
    return createPostgresLane({ ...shared, claim: client.claim });
  const { concurrency, lane } = config;
  // BullMQ takes a while to load and its share of memory: only where there is a Redis.
  const { createBullmqLane } = await import('./supervisor/bullmq-lane.ts');
  return createBullmqLane({ ...shared, ...lane, concurrency, start: client.start });
}

function defaultLimits(concurrency: number): WorkerLimits {
  const cores = availableParallelism();
  return {
    perGroup: cores,
    // Every slot can be in use by tasks of one DAG.
    tasksPerProcess: Math.max(8, Math.ceil(concurrency / cores)),
    // Half an hour of nothing but tasks of a millisecond: what leaks shows in a process's memory long before.
    recycleTasks: 5_000_000,
    recycleRssBytes: 1024 * 1024 * 1024,
    keptIdle: Math.max(4, cores),
    startMs: 30_000,
    heapMb: 1_024,
  };
}

interface Stop {
  readonly parts: SupervisorParts;
  readonly supervisor: Supervisor;
  readonly client: EngineClient;
  readonly timing: WorkerTiming;
  readonly ended: AbortController;
  readonly log: Logger;
}

async function stopWorker({ parts, supervisor, client, timing, ended, log }: Stop): Promise<void> {
  log.info({}, 'worker stops');
  const laneStopped = parts.lane.stop();
  await supervisor.whenIdle(timing.stopGraceMs);
  const reason = 'the worker was stopped';
  for (const task of [...supervisor.tasks]) {
    supervisor.stopTask(task, { reason, outcome: { kind: 'lost', reason }, timeoutMs: null });
  }
  await supervisor.whenIdle(timing.abortGraceMs + 1_000);
  await parts.finisher.drain(REPORT_MS);
  await parts.logs.drain(REPORT_MS);
  await Promise.race([laneStopped, delay(0)]);
  await shutDown(parts, client, ended);
  log.info({}, 'worker stopped');
}

async function shutDown(
  parts: SupervisorParts,
  client: EngineClient,
  ended: AbortController,
): Promise<void> {
  parts.heartbeat.stop();
  parts.pool.stop();
  ended.abort();
  await client.close();
}

function createEnding(): PromiseWithResolvers<void> {
  const ending: PromiseWithResolvers<void> = withResolvers();
  // Who does not look at it stops the worker in time all the same.
  ending.promise.catch(() => undefined);
  return ending;
}

function superseded(workerId: string): TidegateError {
  return new TidegateError(
    WORKER_ERRORS.superseded,
    `a newer process of worker ${workerId} took over: stop one of the two, or give it a home of its own`,
  );
}
