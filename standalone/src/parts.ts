import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

import type { Logger } from '@tidegate/engine/platform';
import type { TopicLogConfig } from '@tidegate/engine/topic-log';

import { bankCapture } from './bank.ts';
import { type SupervisedChild, superviseChild } from './child-process.ts';
import type { StandaloneConfig } from './config.ts';
import type { Databases } from './embedded.ts';
import type { HomeSecrets } from './home.ts';
import { kafkaTopicLog } from './kafka-topic-log.ts';
import { naming } from './name-fault.ts';
import type { CaptureProcessConfig } from './process/capture.ts';
import type { SchedulerProcessConfig } from './process/serve-scheduler.ts';
import type { WorkerProcessConfig } from './process/worker.ts';
import { childEntry, type ChildName, type WarmChildren } from './warm-children.ts';

/** What every part is built from. */
export interface Assembly {
  readonly config: StandaloneConfig;
  readonly secrets: HomeSecrets;
  readonly databases: Databases;
  readonly topicLog: TopicLogConfig;
  readonly executionPort: number;
  readonly warm: WarmChildren;
  readonly logger: Logger;
  readonly logFd: number;
  readonly say: (text: string) => void;
}

export function startSchedulerProcess(assembly: Assembly): Promise<SupervisedChild> {
  const { config, secrets, databases, topicLog, executionPort } = assembly;
  return superviseOwn('scheduler', assembly, {
    databaseUrl: databases.metadataUrl,
    topicLog,
    redisUrl: config.redisUrl,
    executionPort,
    secretKeys: [secrets.secretKey],
    workerToken: secrets.workerToken,
    connections: { ...config.connections, BANKDW: databases.warehouseUrl },
    variables: config.variables,
    logLevel: config.logLevel,
  });
}

export function startWorkerProcess(assembly: Assembly): Promise<SupervisedChild> {
  const { config, secrets, topicLog, executionPort } = assembly;
  const { redisUrl } = config;
  return superviseOwn('worker', assembly, {
    logLevel: config.logLevel,
    worker: {
      executionUrl: `http://127.0.0.1:${executionPort}`,
      workerToken: secrets.workerToken,
      workerId: workerIdOf(config.home),
      home: config.home,
      queues: ['default'],
      concurrency: config.workerConcurrency,
      topicLog,
      lane: redisUrl === undefined ? { kind: 'postgres' } : { kind: 'bullmq', redisUrl },
    },
  });
}

/** Two homes may share a metadata database: a worker of the same id would take over the other's work. */
function workerIdOf(home: string): string {
  const place = createHash('sha256').update(`${hostname()}:${home}`).digest('hex').slice(0, 8);
  return `standalone-${place}`;
}

/** Undefined where nothing is to be captured: a sample feed or somebody else writes the topics. */
export async function startCaptureProcess(
  assembly: Assembly,
): Promise<SupervisedChild | undefined> {
  const { config, databases, topicLog } = assembly;
  if (databases.source.kind !== 'mysql') return undefined;
  const capture = bankCapture(databases.source.url);
  const source = { variable: 'TIDEGATE_CONN_BANKDB', url: config.connections['BANKDB'] };
  return naming(source, 'SOURCE_UNUSABLE', () =>
    superviseOwn('capture', assembly, {
      capture,
      topicLog,
      logLevel: config.logLevel,
    }),
  );
}

interface ProcessConfigs {
  readonly scheduler: SchedulerProcessConfig;
  readonly worker: WorkerProcessConfig;
  readonly capture: CaptureProcessConfig;
}

function superviseOwn<Name extends ChildName>(
  name: Name,
  { warm, logger, logFd, say }: Assembly,
  config: ProcessConfigs[Name],
): Promise<SupervisedChild> {
  return superviseChild({
    name,
    warm: warm.take(name),
    entry: childEntry(name),
    config,
    logger,
    logFd,
    say,
  });
}

/** The topic log as configured: real Kafka, else the embedded PostgreSQL's. */
export function topicLogConfig(config: StandaloneConfig, databases: Databases): TopicLogConfig {
  if (config.kafka !== undefined) return kafkaTopicLog(config.kafka);
  return { kind: 'postgres', url: databases.topicLogUrl ?? '' };
}
