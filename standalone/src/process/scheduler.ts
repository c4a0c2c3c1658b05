import { createLogger } from '@tidegate/engine/platform';

import { runChild } from '../child-process.ts';
import { type SchedulerProcessConfig, serveScheduler } from './serve-scheduler.ts';

runChild<SchedulerProcessConfig>({
  start: (config) => serveScheduler(config, createLogger('scheduler', config.logLevel)),
});
