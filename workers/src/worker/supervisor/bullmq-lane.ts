import type {
  Grant,
  StartRequest,
  StartResponse,
  TaskKey,
} from '@tidegate/engine/execution-contract';
import { failpoint, type Logger } from '@tidegate/engine/platform';
import {
  consumeBullmqQueues,
  type QueueConsumer,
  type QueuedTask,
} from '@tidegate/engine/queue-consumer';

import { isSuperseded } from '../errors.ts';
import type { SessionIdentity } from './engine-client.ts';
import type { Lane, LaneHost } from './lane.ts';
import { delay } from './retry.ts';
import { keyOf, keyText } from './running-task.ts';

export interface BullmqLaneOptions {
  readonly redisUrl: string;
  readonly prefix?: string;
  readonly worker: SessionIdentity;
  readonly queues: readonly string[];
  readonly concurrency: number;
  readonly start: (request: StartRequest) => Promise<StartResponse>;
  readonly host: LaneHost;
  readonly log: Logger;
}

/** A job runs at most so much in a row, so that jobs of a higher priority get their turn. */
const CHAIN_TASKS = 64;
const CHAIN_MS = 1_000;
const MOST_STARTS = 1_000;

/** A job of the queue, and the tasks that were handed over to it one after the other. */
interface Chain {
  tasks: number;
  readonly sinceMs: number;
  readonly end: () => void;
}

interface PendingStart {
  readonly job: QueuedTask;
  readonly settle: (grant: Grant | null) => void;
}

/**
 * Takes jobs from BullMQ, exchanges them for grants, many in one call, and keeps a job until the chain of
 * tasks handed over by its finish answers ends: those never go through Redis.
 */
export function createBullmqLane(options: BullmqLaneOptions): Lane {
  return new BullmqLane(options);
}

class BullmqLane implements Lane {
  readonly #options: BullmqLaneOptions;
  readonly #chains = new Map<string, Chain>();
  readonly #pending: PendingStart[] = [];
  readonly #stopped = new AbortController();
  #consumer: QueueConsumer | undefined;

  constructor(options: BullmqLaneOptions) {
    this.#options = options;
  }

  start(): void {
    const { redisUrl, prefix, queues, concurrency, log } = this.#options;
    this.#consumer = consumeBullmqQueues({
      url: redisUrl,
      ...(prefix === undefined ? {} : { prefix }),
      queues,
      slots: concurrency,
      handle: (job) => this.#handle(job),
      log,
    });
  }

  offerSlots(tasks: readonly TaskKey[]): number {
    if (this.#stopped.signal.aborted) return 0;
    return tasks.filter((task) => mayGoOn(this.#chains.get(keyText(task)))).length;
  }

  finished(tasks: readonly TaskKey[], _offered: number, grants: readonly Grant[]): void {
    const ended = this.#release(tasks);
    // Grants go to the chains that may go on; only of those were slots offered.
    const open = ended.sort((a, b) => Number(mayGoOn(b)) - Number(mayGoOn(a)));
    grants.forEach((grant, i) => {
      const chain = open[i];
      if (chain !== undefined) this.#take(grant, chain);
    });
    open.slice(grants.length).forEach((chain) => {
      chain.end();
    });
    this.#options.host.accept(grants, undefined);
  }

  dropped(task: TaskKey): void {
    this.#release([task]).forEach((chain) => {
      chain.end();
    });
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#consumer?.close();
  }

  #handle(job: QueuedTask): Promise<void> {
    const { runKey, ix, tryNumber, nonce } = job;
    return new Promise((resolve) => {
      const settle = (grant: Grant | null): void => {
        if (grant === null) resolve();
        else this.#take(grant, { tasks: 0, sinceMs: performance.now(), end: resolve });
      };
      this.#pending.push({ job: { runKey, ix, tryNumber, nonce }, settle });
      if (this.#pending.length === 1) setImmediate(() => void this.#startPending());
    });
  }

  async #startPending(): Promise<void> {
    const batch = this.#pending.splice(0, MOST_STARTS);
    if (this.#pending.length > 0) setImmediate(() => void this.#startPending());
    const { worker, host } = this.#options;
    const request = { ...worker, jobs: batch.map(({ job }) => job) };
    const answer = await startUntilAnswered(request, this.#options, this.#stopped.signal);
    const grants = batch.map((_, i) => answer?.grants[i] ?? null);
    batch.forEach(({ settle }, i) => {
      settle(grants[i] ?? null);
    });
    host.accept(
      grants.filter((grant) => grant !== null),
      answer?.leaseMs,
    );
  }

  #take(grant: Grant, chain: Chain): void {
    chain.tasks += 1;
    this.#chains.set(keyText(keyOf(grant)), chain);
  }

  #release(tasks: readonly TaskKey[]): Chain[] {
    return tasks.flatMap((task) => {
      const key = keyText(task);
      const chain = this.#chains.get(key);
      this.#chains.delete(key);
      return chain === undefined ? [] : [chain];
    });
  }
}

function mayGoOn(chain: Chain | undefined): boolean {
  if (chain === undefined) return false;
  return chain.tasks < CHAIN_TASKS && performance.now() - chain.sinceMs < CHAIN_MS;
}

/** A start is a compare-and-set, so repeating it is safe; what is not started is enqueued again by the sweep. */
async function startUntilAnswered(
  request: StartRequest,
  { start, host, log }: BullmqLaneOptions,
  signal: AbortSignal,
): Promise<StartResponse | undefined> {
  failpoint('job.taken');
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      return await start(request);
    } catch (err) {
      if (isSuperseded(err)) {
        host.onSuperseded();
        return undefined;
      }
      log.warn({ err, jobs: request.jobs.length }, 'start failed');
      await delay(attempt, signal);
    }
  }
  return undefined;
}
