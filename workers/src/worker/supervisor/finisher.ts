import type { FinishResponse, Grant, TaskKey } from '@tidegate/engine/execution-contract';
import { failpoint, type Logger } from '@tidegate/engine/platform';

import { WORKER_ERRORS } from '../errors.ts';
import type { Lane } from './lane.ts';
import { delay } from './retry.ts';
import { keyText, type TaskResult } from './running-task.ts';
import type { SessionIdentity } from './engine-client.ts';

export interface FinisherOptions {
  readonly worker: SessionIdentity;
  readonly queues: readonly string[];
  readonly send: (body: string) => Promise<FinishResponse>;
  readonly lane: Pick<Lane, 'offerSlots' | 'finished'>;
  /** More results are to come: the worker runs tasks. */
  readonly isBusy: () => boolean;
  readonly log: Logger;
}

/**
 * Reports results, many in one request. A second request follows one in flight only with all there is to
 * report: the engine commits one after the other, so that in two small ones the same results take longer. A
 * request is repeated until it is answered: a repeated report changes nothing, since try and token name it.
 */
export interface Finisher {
  add(task: TaskKey, result: TaskResult): void;
  /** Tries whose results are not yet answered: still held, though they run no more. */
  unanswered(): Iterable<TaskKey>;
  /** Resolves when everything is answered, or `withinMs` have passed. */
  drain(withinMs: number): Promise<void>;
}

const MOST_RESULTS = 1_000;
/** The engine takes 4 MB; the frame around the results is small. */
const MOST_BYTES = 4_000_000;
const IN_FLIGHT = 2;

interface Report {
  readonly task: TaskKey;
  readonly result: TaskResult;
  readonly text: string;
}

export function createFinisher(options: FinisherOptions): Finisher {
  const waiting: Report[] = [];
  const idle: (() => void)[] = [];
  const unanswered = new Map<string, TaskKey>();
  let inFlight = 0;
  let isScheduled = false;

  const maySend = (): boolean => {
    if (waiting.length === 0 || inFlight >= IN_FLIGHT) return false;
    return inFlight === 0 || waiting.length >= MOST_RESULTS || !options.isBusy();
  };
  const schedule = (): void => {
    if (isScheduled || !maySend()) return;
    isScheduled = true;
    // One turn of the loop: results that arrive together leave together.
    setImmediate(() => {
      isScheduled = false;
      if (!maySend()) return;
      inFlight += 1;
      const batch = takeBatch(waiting);
      void deliver(batch, options).then(() => {
        for (const report of batch) unanswered.delete(keyText(report.task));
        inFlight -= 1;
        if (inFlight === 0 && waiting.length === 0) idle.splice(0).forEach((resolve) => resolve());
        schedule();
      });
      schedule();
    });
  };
  return {
    add: (task, result) => {
      unanswered.set(keyText(task), task);
      waiting.push({ task, result, text: JSON.stringify({ task, ...result }) });
      schedule();
    },
    unanswered: () => unanswered.values(),
    drain: async (withinMs) => {
      if (inFlight === 0 && waiting.length === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        idle.push(resolve);
        timer = setTimeout(resolve, withinMs);
      });
      clearTimeout(timer);
    },
  };
}

function takeBatch(waiting: Report[]): Report[] {
  let bytes = 0;
  let count = 0;
  for (const report of waiting) {
    bytes += Buffer.byteLength(report.text) + 1;
    if (count > 0 && (bytes > MOST_BYTES || count >= MOST_RESULTS)) break;
    count += 1;
  }
  return waiting.splice(0, count);
}

/** Sends until answered. What the engine refuses is halved until the refused report stands alone. */
async function deliver(batch: readonly Report[], options: FinisherOptions): Promise<void> {
  const tasks = batch.map((report) => report.task);
  const offered = options.lane.offerSlots(tasks);
  const grants: Grant[] = [];
  const rest: { reports: readonly Report[]; slots: number }[] = [
    { reports: batch, slots: offered },
  ];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const answer = await sendUntilAnswered(next.reports, next.slots, options);
    if (answer !== 'refused') {
      grants.push(...answer.grants);
    } else if (next.reports.length > 1) {
      const middle = Math.ceil(next.reports.length / 2);
      rest.push({ reports: next.reports.slice(middle), slots: 0 });
      rest.push({ reports: next.reports.slice(0, middle), slots: next.slots });
    } else {
      const replaced = next.reports.flatMap((report) => replaceRefused(report, options.log));
      if (replaced.length > 0) rest.push({ reports: replaced, slots: next.slots });
    }
  }
  options.lane.finished(tasks, offered, grants);
}

async function sendUntilAnswered(
  reports: readonly Report[],
  slots: number,
  { worker, queues, send, log }: FinisherOptions,
): Promise<FinishResponse | 'refused'> {
  const results = reports.map((report) => report.text).join(',');
  for (let attempt = 0; ; attempt += 1) {
    const sentAt = new Date().toISOString();
    const frame = JSON.stringify({ ...worker, slots, queues, sentAt }).slice(1);
    const body = `{"results":[${results}],${frame}`;
    try {
      failpoint('finish.before-send');
      const answer = await send(body);
      failpoint('finish.answered');
      return answer;
    } catch (err) {
      if (isRefusal(err)) return 'refused';
      // A wrong token is repeated as well: results outlive a mistake in somebody's configuration.
      log.warn({ err, results: reports.length, attempt }, 'results not reported yet');
      await delay(attempt);
    }
  }
}

/** The body itself is at fault: sending the same again is of no use. */
function isRefusal(err: unknown): boolean {
  const status =
    typeof err === 'object' && err !== null && 'status' in err ? err.status : undefined;
  return status === 400 || status === 413 || status === 422;
}

/** In place of a report the engine cannot take: a failure that says so. Dropped when that is refused too. */
function replaceRefused(report: Report, log: Logger): Report[] {
  const { outcome } = report.result;
  log.error({ ...report.task, outcome: outcome.kind }, 'report refused by the engine');
  const isReplaced =
    outcome.kind === 'failed' && outcome.error.code === WORKER_ERRORS.reportRefused;
  if (isReplaced) return [];
  const result: TaskResult = {
    ...report.result,
    outcome: {
      kind: 'failed',
      retriable: false,
      error: {
        name: 'TidegateError',
        message: 'the engine refused the report of this try; is its output too large?',
        code: WORKER_ERRORS.reportRefused,
      },
    },
  };
  return [{ task: report.task, result, text: JSON.stringify({ task: report.task, ...result }) }];
}
