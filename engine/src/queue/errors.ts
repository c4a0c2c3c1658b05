import { TidegateError } from '../platform/errors.ts';

/** Codes of the queue. Each says what it means, its usual cause and what to do. */
export const QUEUE_ERRORS = {
  /**
   * Redis did not take or give jobs. Usual cause: it restarts, or the network between is down. Nothing is
   * lost: the outbox keeps what was not sent, the sweep finds what was. Goes on by itself.
   */
  unavailable: 'QUEUE_UNAVAILABLE',
  /**
   * Redis may evict keys under memory pressure, jobs among them. Usual cause: a cache's settings.
   * Set `maxmemory-policy noeviction`, or use a Redis of its own.
   */
  evicts: 'QUEUE_REDIS_EVICTS',
  /** Redis is older than the queue's scripts need. Upgrade it. */
  tooOld: 'QUEUE_REDIS_TOO_OLD',
} as const;

/** The wrapper of whatever the Redis client threw. */
export function queueUnavailable(doing: string, cause: unknown): TidegateError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TidegateError(
    QUEUE_ERRORS.unavailable,
    `could not ${doing}: ${reason}; jobs stay in the outbox and are sent when Redis is back`,
    { retriable: true, cause },
  );
}
