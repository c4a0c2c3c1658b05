import path from 'node:path';

import type { Logger } from '@tidegate/engine/platform';
import { Database, listDags, migrate } from '@tidegate/engine/server';
import { type AdministeredTopicLog, openTopicLog } from '@tidegate/engine/topic-log';
import { startRegistration } from '@tidegate/workers/bundle';

import { BANK } from './bank.ts';
import type { SupervisedChild } from './child-process.ts';
import { CLEANUP_ORDER, Cleanup } from './cleanup.ts';
import type { StandaloneConfig } from './config.ts';
import { hasSource, openDatabases } from './embedded.ts';
import { portInUse } from './errors.ts';
import { openHome } from './home.ts';
import { startLogRetention } from './log-retention.ts';
import { WarmChildren } from './warm-children.ts';
import {
  type Assembly,
  startCaptureProcess,
  startSchedulerProcess,
  startWorkerProcess,
  topicLogConfig,
} from './parts.ts';
import { startMetrics } from './metrics.ts';
import { naming } from './name-fault.ts';
import { serveApi } from './process/serve-api.ts';
import { startSampleFeed } from './sample-feed.ts';
import { checkReachable, findFreePort, isFree } from './services/index.ts';

/** A database that takes statements and never answers must not keep people waiting. */
const PATIENCE_MS = 10_000;

export interface Standalone {
  readonly url: string;
  /** What runs, in a few words for the ready line. */
  readonly summary: string;
  stop(): Promise<void>;
}

export interface StandaloneDeps {
  readonly logger: Logger;
  /** File descriptor that takes what our processes print. */
  readonly logFd: number;
  readonly say: (text: string) => void;
}

/** Starts everything; what was started before a failure is stopped again. */
export async function startStandalone(
  config: StandaloneConfig,
  deps: StandaloneDeps,
): Promise<Standalone> {
  const cleanup = new Cleanup(deps.logger);
  try {
    return await start(config, deps, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(
  config: StandaloneConfig,
  deps: StandaloneDeps,
  cleanup: Cleanup,
): Promise<Standalone> {
  await checkPort(config);
  const home = openHome(config.home);
  cleanup.add(CLEANUP_ORDER.home, home.close);
  await checkServices(config);
  const capture = hasSource(config) ? (['capture'] as const) : [];
  const warm = new WarmChildren(['scheduler', 'worker', ...capture], deps.logFd);
  cleanup.add(CLEANUP_ORDER.processes, () => warm.stop());
  deps.say('tidegate: starting the databases …');
  const databases = await openDatabases(config, { secrets: home.secrets, logger: deps.logger });
  for (const server of databases.servers) cleanup.add(CLEANUP_ORDER.servers, () => server.stop());
  for (const note of databases.notes) deps.say(`  ${note}`);
  const assembly: Assembly = {
    config,
    secrets: home.secrets,
    databases,
    topicLog: topicLogConfig(config, databases),
    executionPort: await findFreePort(),
    warm,
    ...deps,
  };
  const url = databases.metadataUrl;
  const database = new Database({ url, logger: deps.logger, patienceMs: PATIENCE_MS });
  cleanup.add(CLEANUP_ORDER.connections, () => database.close());
  const metadata = { variable: 'TIDEGATE_DATABASE_URL', url: config.databaseUrl };
  await naming(metadata, 'TARGET_UNUSABLE', () => migrateWhole(url));
  const brokers = { variable: 'TIDEGATE_KAFKA_BROKERS', url: config.kafka?.brokers.join(',') };
  const topicLog = await naming(brokers, 'SERVICE_UNUSABLE', () => openTopicLog(assembly.topicLog));
  cleanup.add(CLEANUP_ORDER.connections, () => topicLog.close());
  const children = await startProcesses(assembly, topicLog, cleanup);
  if (config.kafka === undefined) {
    cleanup.add(CLEANUP_ORDER.web, startLogRetention(topicLog, BANK.topic, deps.logger));
  }
  const webUrl = await startWeb(assembly, { database, topicLog }, cleanup);
  await register(assembly, cleanup);
  const metricsParts = { host: config.host, database, topicLog, children, logger: deps.logger };
  const metrics = await startMetrics(metricsParts);
  if (metrics !== undefined) cleanup.add(CLEANUP_ORDER.web, () => metrics.stop());
  const { total } = await listDags(database, { limit: 1, offset: 0 });
  return {
    url: webUrl,
    summary: `${total} DAG${total === 1 ? '' : 's'}`,
    stop: () => cleanup.run(),
  };
}

/** Migrations take as long as they take. */
async function migrateWhole(url: string): Promise<void> {
  const database = new Database({ url, poolSize: 1 });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
}

async function checkPort({ host, port }: StandaloneConfig): Promise<void> {
  if (!(await isFree(host, port))) throw portInUse(host, port, 'TIDEGATE_PORT');
}

/** Once running we wait for Kafka and Redis through any outage; at a start a wrong address is likelier. */
async function checkServices({ redisUrl, kafka }: StandaloneConfig): Promise<void> {
  const redis = { variable: 'TIDEGATE_REDIS_URL', url: redisUrl };
  if (redisUrl !== undefined) {
    await naming(redis, 'SERVICE_UNUSABLE', () => checkReachable([redisUrl], 6_379));
  }
  const brokers = kafka?.brokers.map((address) => `kafka://${address}`) ?? [];
  const log = { variable: 'TIDEGATE_KAFKA_BROKERS', url: brokers.join(',') };
  if (brokers.length > 0) {
    await naming(log, 'SERVICE_UNUSABLE', () => checkReachable(brokers, 9_092));
  }
}

async function startProcesses(
  assembly: Assembly,
  topicLog: AdministeredTopicLog,
  cleanup: Cleanup,
): Promise<SupervisedChild[]> {
  const children: SupervisedChild[] = [];
  const starting = [startSchedulerProcess, startWorkerProcess, startCaptureProcess].map(
    async (startPart) => {
      const child = await startPart(assembly);
      if (child === undefined) return;
      children.push(child);
      cleanup.add(CLEANUP_ORDER.processes, () => child.stop());
    },
  );
  const results = await Promise.allSettled(starting);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  if (assembly.databases.source.kind !== 'sample') return children;
  const feed = await startSampleFeed({
    topicLog,
    topic: BANK.topic,
    stateFile: path.join(assembly.config.home, 'sample-feed.json'),
    logger: assembly.logger,
  });
  cleanup.add(CLEANUP_ORDER.processes, () => feed.stop());
  return children;
}

interface WebParts {
  readonly database: Database;
  readonly topicLog: AdministeredTopicLog;
}

async function startWeb(assembly: Assembly, parts: WebParts, cleanup: Cleanup): Promise<string> {
  const { config, logger } = assembly;
  const api = await serveApi(config, { ...parts, logger });
  cleanup.add(CLEANUP_ORDER.web, api.stop);
  return api.url;
}

async function register(assembly: Assembly, cleanup: Cleanup): Promise<void> {
  const { config, secrets, executionPort, logger } = assembly;
  const registration = startRegistration({
    folders: config.dagsFolders,
    executionUrl: `http://127.0.0.1:${executionPort}`,
    workerToken: secrets.workerToken,
    stateFile: path.join(config.home, 'registration.json'),
    log: logger,
  });
  cleanup.add(CLEANUP_ORDER.web, () => registration.stop());
  await registration.ready;
}
