import type { Logger, LogLevel } from '@tidegate/engine/platform';
import {
  Database,
  EXECUTION_BODY_LIMIT,
  openBullmqQueue,
  startScheduler,
} from '@tidegate/engine/server';
import { openTopicLog, type TopicLogConfig } from '@tidegate/engine/topic-log';
import { fastify } from 'fastify';

export interface SchedulerProcessConfig {
  readonly databaseUrl: string;
  readonly topicLog: TopicLogConfig;
  readonly redisUrl: string | undefined;
  /** Where the execution API listens. (Default: the loopback interface) */
  readonly executionHost?: string;
  readonly executionPort: number;
  readonly secretKeys: readonly string[];
  readonly workerToken: string;
  readonly connections: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
}

/** Runs a scheduler and its execution API: the child of standalone and `tidegate scheduler` alike. */
export async function serveScheduler(
  config: SchedulerProcessConfig,
  logger: Logger,
): Promise<{ stop: () => Promise<void> }> {
  const database = new Database({ url: config.databaseUrl, logger });
  const topicLog = await openTopicLog(config.topicLog);
  const queue =
    config.redisUrl === undefined ? undefined : await openBullmqQueue({ url: config.redisUrl });
  const scheduler = await startScheduler({
    database,
    topicLog,
    logger,
    secretKeys: config.secretKeys,
    workerToken: config.workerToken,
    connections: config.connections,
    variables: config.variables,
    ...(queue === undefined ? {} : { queue }),
  });
  const app = fastify({ bodyLimit: EXECUTION_BODY_LIMIT, forceCloseConnections: true });
  await scheduler.registerExecution(app);
  await app.listen({ host: config.executionHost ?? '127.0.0.1', port: config.executionPort });
  return {
    stop: async () => {
      await app.close();
      await scheduler.close();
      await queue?.close();
      await topicLog.close();
      await database.close();
    },
  };
}
