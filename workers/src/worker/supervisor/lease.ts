/**
 * When a try's lease ends, on this machine's monotonic clock. The supervisor counts from the moment it
 * *sent* the heartbeat, so its idea of the end is never later than the engine's.
 */
export interface LeaseMargins {
  /** Tasks are aborted this long before the lease ends. */
  readonly abortMs: number;
  /** What still runs is killed this long before the lease ends. */
  readonly killMs: number;
}

export function leaseMargins(leaseMs: number): LeaseMargins {
  return { abortMs: leaseMs * 0.25, killMs: leaseMs * 0.1 };
}

export type LeaseState = 'held' | 'ending' | 'over';

/** `ending`: abort the task; `over`: nothing of it may run any longer. */
export function leaseState(untilMs: number, nowMs: number, leaseMs: number): LeaseState {
  const margins = leaseMargins(leaseMs);
  if (nowMs >= untilMs - margins.killMs) return 'over';
  return nowMs >= untilMs - margins.abortMs ? 'ending' : 'held';
}
