import { Redis } from 'ioredis';

import { TidegateError } from '../../platform/errors.ts';
import { QUEUE_ERRORS, queueUnavailable } from '../errors.ts';

/** Where the queue lives in Redis. */
export interface RedisAddress {
  /** `redis://` or `rediss://`. */
  readonly url: string;
  /** First part of every key. (Default: `tidegate`) */
  readonly prefix?: string;
}

export const DEFAULT_PREFIX = 'tidegate';

/** BullMQ's scripts need the commands of 6.2. */
const MINIMUM_VERSION = [6, 2] as const;

/** A queue's name as a part of a Redis key: `:` separates parts there. */
export function redisQueueName(queue: string): string {
  return encodeURIComponent(queue);
}

/**
 * A half-open connection answers nothing: it is given up after this and opened anew. A command's own time-out
 * does not do that, so every later one would meet the same dead socket.
 */
const SILENT_MS = 5_000;

/** How long a consumer lets Redis hold its question for the next job, in seconds: well within that time. */
export const BLOCK_SECONDS = 3;

/**
 * A connection for adding jobs: fails within seconds instead of waiting for Redis, since the outbox
 * remembers.
 */
export function connectForAdding(url: string): Redis {
  return new Redis(url, {
    maxRetriesPerRequest: 1,
    connectTimeout: 3_000,
    commandTimeout: 5_000,
    socketTimeout: SILENT_MS,
    retryStrategy: reconnectDelayMs,
  });
}

/** A connection for consuming: waits for Redis as long as it takes. */
export function connectForConsuming(url: string): Redis {
  return new Redis(url, {
    maxRetriesPerRequest: null,
    connectTimeout: 3_000,
    socketTimeout: SILENT_MS,
    retryStrategy: reconnectDelayMs,
  });
}

/** 50 ms doubling to 2 s: back within seconds of Redis' return. */
function reconnectDelayMs(attempt: number): number {
  return Math.min(2_000, 50 * 2 ** Math.min(attempt - 1, 6));
}

/** Throws `QUEUE_REDIS_EVICTS`, `QUEUE_REDIS_TOO_OLD` or, when it is not there, `QUEUE_UNAVAILABLE`. */
export async function checkRedis(redis: Redis): Promise<void> {
  assertKeepsJobs(await readInfo(redis));
}

/** Judges what Redis answers to INFO. */
export function assertKeepsJobs(infoText: string): void {
  const info = parseInfo(infoText);
  const version = info.get('redis_version') ?? '0.0';
  if (!isRecent(version)) {
    throw new TidegateError(
      QUEUE_ERRORS.tooOld,
      `Redis ${version} is older than ${MINIMUM_VERSION.join('.')}: upgrade it, or unset TIDEGATE_REDIS_URL to queue in PostgreSQL`,
      { details: { version } },
    );
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction') {
    throw new TidegateError(
      QUEUE_ERRORS.evicts,
      `Redis may evict queued jobs (maxmemory-policy is ${policy}): run "redis-cli config set maxmemory-policy noeviction" and set it in redis.conf, or use a Redis of its own`,
      { details: { policy } },
    );
  }
}

async function readInfo(redis: Redis): Promise<string> {
  try {
    // INFO, not CONFIG GET: hosted Redis services often forbid CONFIG.
    return await redis.info();
  } catch (error) {
    throw queueUnavailable('reach Redis', error);
  }
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\r\n').map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1)];
  });
  return new Map(pairs);
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (
    major > MINIMUM_VERSION[0] || (major === MINIMUM_VERSION[0] && minor >= MINIMUM_VERSION[1])
  );
}
