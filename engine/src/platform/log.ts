import { pino } from 'pino';

/**
 * Structured logging: a constant message and fields, `log.info({ runId }, 'task queued')`.
 * Child loggers carry ids from the entry point on.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: Record<string, unknown>): Logger;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * JSON lines, on standard error unless given another file descriptor (standard output belongs to data). `err`
 * fields keep their stack.
 */
export function createLogger(name: string, level: LogLevel = 'info', fd = 2): Logger {
  return pino({ name, level, base: { name } }, pino.destination({ fd, sync: false }));
}

/** Says nothing; the default where a caller gives no logger. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
