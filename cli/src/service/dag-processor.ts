import path from 'node:path';

import { startRegistration } from '@tidegate/workers/bundle';

import type { StartService } from './run-service.ts';

/** `tidegate dag-processor`: loads the DAG files, registers them with the scheduler, and watches them. */
export const startDagProcessorService: StartService = async (config, logger) => {
  const registration = startRegistration({
    folders: config.dagsFolders,
    executionUrl: config.executionUrl,
    workerToken: config.workerToken,
    stateFile: path.join(config.home, 'registration.json'),
    log: logger,
  });
  await registration.ready;
  return {
    summary: `watches ${config.dagsFolders.join(', ')}`,
    stop: () => registration.stop(),
  };
};
