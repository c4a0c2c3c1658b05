/** Public surface of `@tidegate/workers/worker`. */
export { readTaskEnvironment, readWorkerConfig, type WorkerEnvironment } from './config.ts';
export { WORKER_ERRORS } from './errors.ts';
export { runWorker } from './run-worker.ts';
export {
  startWorker,
  type RunningWorker,
  type WorkerConfig,
  type WorkerLane,
  type WorkerLimits,
  type WorkerTiming,
} from './start-worker.ts';
