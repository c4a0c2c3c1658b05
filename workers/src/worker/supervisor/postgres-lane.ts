import type { ClaimRequest, ClaimResponse } from '@tidegate/engine/execution-contract';
import type { Logger } from '@tidegate/engine/platform';

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

const WAIT_MS = 25_000;
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
  const { host, worker, queues, log } = options;
  const stopped = new AbortController();
  let poll: Poll | undefined;
  let offeredByFinish = 0;
  let failures = 0;
  let resendTimer: NodeJS.Timeout | undefined;

  const wanted = (): number => Math.min(host.freeSlots() - offeredByFinish, MOST_SLOTS);
  const wake = (): void => {
    const slots = wanted();
    if (stopped.signal.aborted || slots <= 0) return;
    if (poll === undefined || slots >= poll.slots * 2) void send({ slots });
    else if (slots > poll.slots) resendTimer ??= setTimeout(resend, RESEND_MS).unref();
  };
  const resend = (): void => {
    resendTimer = undefined;
    const slots = wanted();
    if (!stopped.signal.aborted && slots > (poll?.slots ?? 0)) void send({ slots });
  };
  const send = async (own: Poll): Promise<void> => {
    poll = own;
    try {
      const request = { ...worker, queues: [...queues], slots: own.slots, waitMs: WAIT_MS };
      const answer = await options.claim(request, stopped.signal);
      failures = 0;
      if (poll === own) poll = undefined;
      host.accept(answer.grants, answer.leaseMs);
    } catch (err) {
      if (stopped.signal.aborted) return;
      log.warn({ err }, 'claim failed');
      await delay(failures, stopped.signal);
      failures += 1;
      if (poll === own) poll = undefined;
    }
    wake();
  };
  return {
    start: wake,
    offerSlots: () => {
      const free = stopped.signal.aborted ? 0 : wanted() - (poll?.slots ?? 0);
      const offered = Math.max(0, free);
      offeredByFinish += offered;
      return offered;
    },
    finished: (_tasks, offered, grants) => {
      offeredByFinish -= offered;
      host.accept(grants, undefined);
      wake();
    },
    dropped: wake,
    stop: async () => {
      stopped.abort();
      clearTimeout(resendTimer);
      return Promise.resolve();
    },
  };
}
