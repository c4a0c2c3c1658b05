import { setTimeout as sleep } from 'node:timers/promises';

import { TidegateError } from '@tidegate/engine/platform';
import pg from 'pg';

/**
 * Which errors say nothing about the data: the server is away, restarting, read-only until a failover
 * ends, short of something, or another load holds the lock. A load waits for their end instead of failing.
 */
const WAITED_OUT = /^(?:08|53|57|40)...$|^55P03$|^25(?:006|P0[23])$/;

/** How PostgreSQL says that it refuses a row: wrong data, or a violated constraint. */
const REFUSED = /^2[23]/;

/** True for errors that end by themselves. Errors of the driver without a code are lost connections. */
export function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return WAITED_OUT.test(error.code ?? '');
  return error instanceof ConnectionLost;
}

export function isRefusedRow(error: unknown): boolean {
  return error instanceof pg.DatabaseError && REFUSED.test(error.code ?? '');
}

/** Any failure of the connection itself: refused, reset, timed out, closed in mid-query. */
export class ConnectionLost extends TidegateError {
  constructor(cause: unknown) {
    super('CONNECTION_LOST', cause instanceof Error ? cause.message : String(cause), {
      retriable: true,
      cause,
    });
    this.name = 'ConnectionLost';
  }
}

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/** Waits longer each time, with jitter so that loaders do not return all at once. Rejects on abort. */
export async function pauseBeforeRetry(attempt: number, signal: AbortSignal): Promise<void> {
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt, 10));
  try {
    await sleep(waitMs * (0.75 + Math.random() / 4), undefined, { signal });
  } catch (error) {
    // The timer rejects with an error of its own; callers want to know why they were stopped.
    signal.throwIfAborted();
    throw error;
  }
}
