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
  database.timeline.onChanged(() => startAnew(logger));
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

/**
 * What a scheduler keeps in memory goes by keys that a database which went back gives to other runs: it ends, and whoever
 * looks after it starts it again. The first heartbeats then tell which tries nobody runs.
 */
function startAnew(logger: Logger): never {
  logger.error(
    {},
    'the metadata database is on a new timeline: a standby was promoted or a backup recovered, and the last seconds may ' +
      'be missing; the scheduler ends in order to start from what is there',
  );
  process.exit(1);
}
