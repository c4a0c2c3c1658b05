import type {
  HeartbeatRequest,
  HeartbeatResponse,
  TaskKey,
} from '@tidegate/engine/execution-contract';
import type { Logger } from '@tidegate/engine/platform';

import type { SessionIdentity } from './engine-client.ts';
import { leaseState } from './lease.ts';
import { keyText, type RunningTask, type Stopping } from './running-task.ts';

export interface HeartbeatOptions {
  readonly worker: SessionIdentity;
  readonly send: (body: HeartbeatRequest, timeoutMs: number) => Promise<HeartbeatResponse>;
  readonly supervisor: LeaseHolder;
  /** Tries that have ended and whose results the engine has not answered yet. */
  readonly unanswered: () => Iterable<TaskKey>;
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
  /** Beats at once: a scheduler that knows nothing of us yet should. */
  beat(): void;
  stop(): void;
}

const MOST_INTERVAL_MS = 5_000;

export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  return new Beating(options);
}

class Beating implements Heartbeat {
  readonly #options: HeartbeatOptions;
  #leaseMs: number;
  #isStopped = false;
  #isSending = false;
  #beatTimer: NodeJS.Timeout | undefined;
  #fenceTimer: NodeJS.Timeout | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs;
    this.#schedule(this.#intervalMs());
    this.#watchLeases();
  }

  leaseUntilMs(): number {
    return performance.now() + this.#leaseMs;
  }

  setLeaseMs(leaseMs: number): void {
    if (leaseMs === this.#leaseMs || this.#isStopped) return;
    this.#leaseMs = leaseMs;
    // A shorter lease than the one planned for would end before the next beat.
    if (!this.#isSending) this.#schedule(this.#intervalMs());
    this.#watchLeases();
  }

  beat(): void {
    if (!this.#isSending && !this.#isStopped) this.#schedule(0);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#beatTimer);
    clearInterval(this.#fenceTimer);
  }

  #intervalMs(): number {
    return Math.min(MOST_INTERVAL_MS, this.#leaseMs / 3);
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#beatTimer);
    this.#beatTimer = setTimeout(() => void this.#beat(), waitMs).unref();
  }

  async #beat(): Promise<void> {
    const { send, supervisor, log } = this.#options;
    const sentAtMs = performance.now();
    this.#isSending = true;
    let isAnswered = false;
    try {
      const answer = await send(toRequest(this.#options), this.#intervalMs());
      isAnswered = true;
      this.setLeaseMs(answer.leaseMs);
      apply(answer, sentAtMs, supervisor);
    } catch (err) {
      if (!this.#isStopped) log.warn({ err }, 'heartbeat failed');
    }
    this.#isSending = false;
    if (!this.#isStopped) this.#schedule(this.#intervalMs() / (isAnswered ? 1 : 5));
  }

  /** Looks often enough for the margins of `lease.ts`, whatever lease the engine gives. */
  #watchLeases(): void {
    clearInterval(this.#fenceTimer);
    const everyMs = Math.max(20, Math.min(500, this.#leaseMs / 20));
    this.#fenceTimer = setInterval(() => {
      this.#fence();
    }, everyMs).unref();
  }

  #fence(): void {
    const { supervisor } = this.#options;
    const nowMs = performance.now();
    for (const task of [...supervisor.tasks]) {
      const state = leaseState(task.leaseUntilMs, nowMs, this.#leaseMs);
      if (state !== 'held') supervisor.stopTask(task, LEASE_ENDING);
      if (state === 'over') supervisor.killTask(task);
    }
  }
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

function toRequest({ worker, supervisor, unanswered }: HeartbeatOptions): HeartbeatRequest {
  const told = [...supervisor.tasks].map((task) => ({
    ...task.key,
    ...(task.progress === undefined ? {} : { progress: task.progress }),
    ...(task.waitingFor === undefined ? {} : { waitingFor: task.waitingFor }),
  }));
  return { ...worker, tasks: [...told, ...unanswered()] };
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
