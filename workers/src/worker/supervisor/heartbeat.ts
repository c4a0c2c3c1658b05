import type { HeartbeatRequest, HeartbeatResponse } from '@tidegate/engine/execution-contract';
import type { Logger } from '@tidegate/engine/platform';

import type { SessionIdentity } from './engine-client.ts';
import { leaseState } from './lease.ts';
import { keyText, type RunningTask, type Stopping } from './running-task.ts';

export interface HeartbeatOptions {
  readonly worker: SessionIdentity;
  readonly send: (body: HeartbeatRequest, timeoutMs: number) => Promise<HeartbeatResponse>;
  readonly supervisor: LeaseHolder;
  readonly log: Logger;
  /** Until the engine says otherwise. */
  readonly leaseMs: number;
}

/** What the heartbeat sees of the supervisor. */
export interface LeaseHolder {
  readonly tasks: Iterable<RunningTask>;
  findTask(key: string): RunningTask | undefined;
  stopTask(task: RunningTask, stopping: Stopping): void;
  killTask(task: RunningTask): void;
}

/**
 * Renews the leases of all tasks with one call, and fences the worker off by itself: when the engine cannot
 * be reached, tasks are aborted and then killed before their leases end, so that whoever runs them next runs
 * them alone.
 */
export interface Heartbeat {
  /** The lease a grant that arrives now runs under. */
  leaseUntilMs(): number;
  /** What the engine's newest answer says about leases. */
  setLeaseMs(leaseMs: number): void;
  stop(): void;
}

const MOST_INTERVAL_MS = 5_000;

export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  let { leaseMs } = options;
  let isStopped = false;
  let beatTimer: NodeJS.Timeout | undefined;
  const intervalMs = (): number => Math.min(MOST_INTERVAL_MS, leaseMs / 3);

  const beat = async (): Promise<void> => {
    const sentAtMs = performance.now();
    let waitMs = intervalMs();
    try {
      const answer = await options.send(toRequest(options), waitMs);
      leaseMs = answer.leaseMs;
      apply(answer, sentAtMs, options.supervisor);
    } catch (err) {
      options.log.warn({ err }, 'heartbeat failed');
      waitMs /= 5;
    }
    if (!isStopped) beatTimer = setTimeout(() => void beat(), waitMs).unref();
  };
  const fence = (): void => {
    const nowMs = performance.now();
    for (const task of options.supervisor.tasks) {
      const state = leaseState(task.leaseUntilMs, nowMs, leaseMs);
      if (state !== 'held') options.supervisor.stopTask(task, LEASE_ENDING);
      if (state === 'over') options.supervisor.killTask(task);
    }
  };
  beatTimer = setTimeout(() => void beat(), intervalMs()).unref();
  // Often enough for the margins of `lease.ts`, whatever lease the engine gives.
  const fenceTimer = setInterval(fence, Math.max(50, Math.min(500, leaseMs / 20))).unref();
  return {
    leaseUntilMs: () => performance.now() + leaseMs,
    setLeaseMs: (changed) => {
      leaseMs = changed;
    },
    stop: () => {
      isStopped = true;
      clearTimeout(beatTimer);
      clearInterval(fenceTimer);
    },
  };
}

const LEASE_REASON = 'the engine could not be reached before the lease of this try ended';
const LEASE_ENDING: Stopping = {
  reason: LEASE_REASON,
  outcome: { kind: 'lost', reason: LEASE_REASON },
  timeoutMs: null,
};
const REVOKED: Stopping = {
  reason: 'the engine gave this try to another worker, or ended it',
  outcome: null,
  timeoutMs: null,
};

function toRequest({ worker, supervisor }: HeartbeatOptions): HeartbeatRequest {
  const told = [...supervisor.tasks].map((task) => ({
    ...task.key,
    ...(task.progress === undefined ? {} : { progress: task.progress }),
    ...(task.waitingFor === undefined ? {} : { waitingFor: task.waitingFor }),
  }));
  return { ...worker, tasks: told };
}

function apply(answer: HeartbeatResponse, sentAtMs: number, supervisor: LeaseHolder): void {
  const untilMs = sentAtMs + answer.leaseMs;
  const revoked = new Set(answer.revoked.map(keyText));
  for (const key of revoked) {
    const task = supervisor.findTask(key);
    if (task !== undefined) supervisor.stopTask(task, REVOKED);
  }
  for (const task of supervisor.tasks) {
    // A task granted after the heartbeat was sent keeps the later end it was granted with.
    if (!revoked.has(keyText(task.key))) task.leaseUntilMs = Math.max(task.leaseUntilMs, untilMs);
  }
}
