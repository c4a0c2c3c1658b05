import { checkSchema, Database } from '@tidegate/engine/server';
import { kafkaTopicLog, naming, serveScheduler } from '@tidegate/standalone/process';

import { checkServers } from './config.ts';
import { requireKafka, requireValue } from './required.ts';
import type { StartService } from './run-service.ts';

/** `tidegate scheduler`: decides when, and serves the execution API to workers and registration. */
export const startSchedulerService: StartService = async (config, logger) => {
  await checkServers(config, ['database', 'redis', 'kafka']);
  const databaseUrl = requireValue(config.databaseUrl);
  const database = new Database({ url: databaseUrl, logger, poolSize: 1 });
  await naming({ variable: 'TIDEGATE_DATABASE_URL', url: databaseUrl }, 'TARGET_UNUSABLE', () =>
    checkSchema(database),
  ).finally(() => database.close());
  const { executionHost, executionPort, redisUrl } = config;
  const running = await serveScheduler(
    {
      ...{ databaseUrl, redisUrl, executionHost, executionPort },
      topicLog: kafkaTopicLog(requireKafka(config.kafka)),
      secretKeys: config.secretKeys,
      workerToken: config.workerToken,
      connections: config.connections,
      variables: config.variables,
      logLevel: config.logLevel,
    },
    logger,
  );
  const lane = redisUrl === undefined ? 'postgres' : 'bullmq';
  const summary = `execution API on http://${executionHost}:${executionPort}, ${lane} lane`;
  return { summary, stop: running.stop };
};
