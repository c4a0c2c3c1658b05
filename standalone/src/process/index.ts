/** What `tidegate scheduler`, `api`, `worker`, `capture` and `dag-processor` are made of. */
export { BANK, bankCapture } from '../bank.ts';
export { readConfig, type StandaloneConfig } from '../config.ts';
export { StandaloneError } from '../errors.ts';
export { takeLock } from '../home.ts';
export { kafkaTopicLog } from '../kafka-topic-log.ts';
export { naming } from '../name-fault.ts';
export { OWN_DAGS } from '../own-dags.ts';
export { checkPostgres, checkReachable } from '../services/index.ts';
export { serveApi } from './serve-api.ts';
export { serveCapture } from './serve-capture.ts';
export { serveScheduler } from './serve-scheduler.ts';
