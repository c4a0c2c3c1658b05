import { kafkaTopicLog } from '@tidegate/standalone/process';
import { readWorkerConfig, startWorker } from '@tidegate/workers/worker';

import { checkServers } from './config.ts';
import type { StartService } from './run-service.ts';

/** `tidegate worker`: claims tasks from the scheduler and runs them. */
export const startWorkerService: StartService = async (config, logger) => {
  await checkServers(config, ['redis']);
  const topicLog = config.kafka === undefined ? null : kafkaTopicLog(config.kafka);
  const settings = readWorkerConfig(topicLog);
  const worker = await startWorker(settings, logger);
  const { queues, lane, concurrency } = settings;
  return {
    summary:
      `worker ${worker.workerId} of ${config.executionUrl}, ${lane.kind} lane, ` +
      `queues ${queues.join(', ')}, ${concurrency} tasks at once`,
    stop: () => worker.stop(),
    ended: worker.ended.then(
      () => undefined,
      (error: unknown) => error as Error,
    ),
  };
};
