import { setTimeout as sleep } from 'node:timers/promises';

import { toError } from '../platform/errors.ts';
import { TopicLogError } from './errors.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export interface OutageOptions {
  /** True for errors that pass by themselves: the operation is repeated. */
  readonly isOutage: (error: Error) => boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told what is waited for, and `undefined` when it goes on. */
  readonly onWait?: ((what: string | undefined) => void) | undefined;
  /** Gives up after this long. (Default: never) */
  readonly limitMs?: number | undefined;
}

/**
 * Runs `operation` until it succeeds or fails for good: pauses of 50 ms growing to 2 s, with jitter so
 * that many readers do not return in step. `attempt` counts from 1.
 */
export async function throughOutages<T>(
  operation: (attempt: number) => Promise<T>,
  options: OutageOptions,
): Promise<T> {
  const startedAt = performance.now();
  let pauseMs = FIRST_PAUSE_MS;
  for (let attempt = 1; ; attempt++) {
    if (options.signal?.aborted === true) throw readAborted();
    try {
      const result = await operation(attempt);
      if (attempt > 1) options.onWait?.(undefined);
      return result;
    } catch (thrown) {
      const error = toError(thrown);
      const waitedMs = performance.now() - startedAt;
      if (!options.isOutage(error) || waitedMs > (options.limitMs ?? Infinity)) throw error;
      options.onWait?.(`the topic log to answer: ${error.message}`);
    }
    await pause(pauseMs * (0.75 + Math.random() / 2), options.signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

export function readAborted(): TopicLogError {
  return new TopicLogError('READ_ABORTED', 'the caller ended the read');
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted === true) throw readAborted();
    throw error;
  }
}
