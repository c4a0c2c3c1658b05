import { createLogger, type LogLevel } from '@tidegate/engine/platform';
import { startWorker, type WorkerConfig } from '@tidegate/workers/worker';

import { runChild } from '../child-process.ts';

export interface WorkerProcessConfig {
  readonly worker: WorkerConfig;
  readonly logLevel: LogLevel;
}

runChild<WorkerProcessConfig>({
  start: ({ worker, logLevel }) => startWorker(worker, createLogger('worker', logLevel)),
});
