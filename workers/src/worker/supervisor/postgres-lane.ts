import type {
  ClaimRequest,
  ClaimResponse,
  Grant,
  TaskKey,
} from '@tidegate/engine/execution-contract';
import type { Logger } from '@tidegate/engine/platform';

import { isSuperseded } from '../errors.ts';
import type { SessionIdentity } from './engine-client.ts';
import type { Lane, LaneHost } from './lane.ts';
import { delay } from './retry.ts';

export interface PostgresLaneOptions {
  readonly worker: SessionIdentity;
  readonly queues: readonly string[];
  readonly claim: (request: ClaimRequest, signal: AbortSignal) => Promise<ClaimResponse>;
  readonly host: LaneHost;
  readonly log: Logger;
}

/** Short, since a half-open connection is only found out when an answer is overdue. */
const WAIT_MS = 4_000;
/** How long a few more free slots may go without being offered. */
const RESEND_MS = 50;
/** The contract's bound of one request. */
const MOST_SLOTS = 1_000;

interface Poll {
  readonly slots: number;
}

/**
 * Claims by one long poll at a time. A slot is free, offered by the poll, offered by a finish, or runs a
 * task: never two of them. A poll that offers too little is followed by a newer one; the engine answers the
 * older at once, and what it may still bring is accepted, since a grant is already `running`.
 */
export function createPostgresLane(options: PostgresLaneOptions): Lane {
  return new PostgresLane(options);
}

class PostgresLane implements Lane {
  readonly #options: PostgresLaneOptions;
  readonly #stopped = new AbortController();
  #poll: Poll | undefined;
  #offeredByFinish = 0;
  #failures = 0;
  #resendTimer: NodeJS.Timeout | undefined;

  constructor(options: PostgresLaneOptions) {
    this.#options = options;
  }

  start(): void {
    this.#wake();
  }

  offerSlots(): number {
    const free = this.#isStopped ? 0 : this.#wanted() - (this.#poll?.slots ?? 0);
    const offered = Math.max(0, free);
    this.#offeredByFinish += offered;
    return offered;
  }

  finished(_tasks: readonly TaskKey[], offered: number, grants: readonly Grant[]): void {
    this.#offeredByFinish -= offered;
    this.#options.host.accept(grants, undefined);
    this.#wake();
  }

  dropped(): void {
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#resendTimer);
    return Promise.resolve();
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Free slots that no finish has offered: what one poll may offer. */
  #wanted(): number {
    return Math.min(this.#options.host.wantedGrants() - this.#offeredByFinish, MOST_SLOTS);
  }

  #wake(): void {
    const slots = this.#wanted();
    if (this.#isStopped || slots <= 0) return;
    const offered = this.#poll?.slots ?? 0;
    if (slots >= offered * 2) void this.#send({ slots });
    else if (slots > offered)
      this.#resendTimer ??= setTimeout(() => this.#resend(), RESEND_MS).unref();
  }

  #resend(): void {
    this.#resendTimer = undefined;
    const slots = this.#wanted();
    if (!this.#isStopped && slots > (this.#poll?.slots ?? 0)) void this.#send({ slots });
  }

  async #send(own: Poll): Promise<void> {
    const { worker, queues, claim, host, log } = this.#options;
    this.#poll = own;
    try {
      const request = { ...worker, queues: [...queues], slots: own.slots, waitMs: WAIT_MS };
      const answer = await claim(request, this.#stopped.signal);
      this.#failures = 0;
      if (this.#poll === own) this.#poll = undefined;
      host.accept(answer.grants, answer.leaseMs);
    } catch (err) {
      if (this.#isStopped) return;
      if (isSuperseded(err)) {
        host.onSuperseded();
        return;
      }
      log.warn({ err }, 'claim failed');
      await delay(this.#failures, this.#stopped.signal);
      this.#failures += 1;
      if (this.#poll === own) this.#poll = undefined;
    }
    this.#wake();
  }
}
