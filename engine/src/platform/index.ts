export { BugError, TidegateError, toError, type TidegateErrorOptions } from './errors.ts';
export { createLogger, silentLogger, type Logger, type LogLevel } from './log.ts';
export { systemClock, type Clock } from './clock.ts';
export { ASK_MS, destroyConnection, watchSilence } from './silent-postgres.ts';
export { withResolvers, type PromiseWithResolvers } from './with-resolvers.ts';
export type { Json } from './json.ts';
export { failpoint, type FailpointAction } from './failpoint.ts';
export { FAILPOINTS, type FailpointName } from './failpoints.ts';
export { isTracing, metricsPort } from './config.ts';
