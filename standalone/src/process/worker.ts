import { createLogger, type LogLevel } from '@tidegate/engine/platform';
import { readTaskEnvironment, startWorker, type WorkerConfig } from '@tidegate/workers/worker';

import { runChild } from '../child-process.ts';

export interface WorkerProcessConfig {
  readonly worker: Omit<WorkerConfig, 'taskEnvironment'>;
  readonly logLevel: LogLevel;
}

runChild<WorkerProcessConfig>({
  start: ({ worker, logLevel }) =>
    startWorker(
      { ...worker, taskEnvironment: readTaskEnvironment() },
      createLogger('worker', logLevel),
    ),
});
