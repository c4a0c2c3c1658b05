import type { LogChunk, TaskKey } from '@tidegate/engine/execution-contract';
import { failpoint, type Logger } from '@tidegate/engine/platform';

import { compress } from './compress.ts';
import {
  createTryLog,
  DEFAULT_TRY_LOG_LIMITS,
  type PlainChunk,
  type TryLog,
  type TryLogLimits,
} from './try-log.ts';

export interface LogShipperOptions {
  /** Resolves when the engine has the chunks. */
  readonly send: (chunks: readonly LogChunk[]) => Promise<void>;
  readonly log: Logger;
  readonly limits?: TryLogLimits;
  /** Most bytes of logs that wait to be sent; what exceeds it is dropped and marked. (Default: 64 MiB) */
  readonly bufferBytes?: number;
  /** How long a line may wait for company, an ended try's too, and a log for its second line. (Default: 100 ms) */
  readonly flushMs?: number;
}

/** Sends the logs of all tries on its own calls: slow logging delays no task and no finish. */
export interface LogShipper {
  /** `firstSequence`: where the numbers of the chunks begin. (Default: 0) */
  open(task: TaskKey, firstSequence?: number): TryLog;
  /** Resolves when everything is sent, or `withinMs` have passed. */
  drain(withinMs: number): Promise<void>;
}

const DEFAULT_FLUSH_MS = 100;
const DEFAULT_BUFFER_BYTES = 64 * 1024 * 1024;
const MOST_CHUNKS = 256;
const MOST_BYTES = 1024 * 1024;
const RETRY_MS = { first: 100, longest: 5_000 };

export function createLogShipper(options: LogShipperOptions): LogShipper {
  return new Shipper(options);
}

class Shipper implements LogShipper {
  readonly #options: LogShipperOptions;
  /** Logs with lines to hand over, and what hands them over: a try that ended ends its log then. */
  readonly #unflushed = new Map<TryLog, () => void>();
  readonly #ready: LogChunk[] = [];
  #whenIdle: (() => void)[] = [];
  #waitingBytes = 0;
  #compressing = 0;
  #isSending = false;
  #flushTimer: NodeJS.Timeout | undefined;

  constructor(options: LogShipperOptions) {
    this.#options = options;
  }

  open(task: TaskKey, firstSequence = 0): TryLog {
    const openedAtMs = performance.now();
    const inner = createTryLog(task, (chunk) => this.#emit(chunk), {
      ...(this.#options.limits ?? DEFAULT_TRY_LOG_LIMITS),
      firstSequence,
    });
    const log: TryLog = {
      task,
      append: (line) => {
        inner.append(line);
        this.#flushSoon(log, () => inner.flush());
      },
      flush: () => {
        inner.flush();
      },
      isSilent: () => inner.isSilent() && performance.now() - openedAtMs < this.#flushMs,
      discard: () => {
        this.#unflushed.delete(log);
        inner.discard();
      },
      // Not at once: a request and a commit for each of many short tasks would cost more than the tasks.
      end: () => {
        this.#flushSoon(log, () => inner.end());
      },
    };
    return log;
  }

  async drain(withinMs: number): Promise<void> {
    this.#flushAll();
    if (this.#waitingBytes === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
      timer = setTimeout(resolve, withinMs);
    });
    clearTimeout(timer);
  }

  #flushSoon(log: TryLog, handOver: () => void): void {
    this.#unflushed.set(log, handOver);
    this.#flushTimer ??= setTimeout(() => {
      this.#flushDue();
    }, this.#flushMs).unref();
  }

  get #flushMs(): number {
    return this.#options.flushMs ?? DEFAULT_FLUSH_MS;
  }

  /** A log that is silent yet may never have to be sent. */
  #flushDue(): void {
    const silent = [...this.#unflushed].filter(([log]) => log.isSilent());
    for (const [log] of silent) this.#unflushed.delete(log);
    this.#flushAll();
    for (const [log, handOver] of silent) this.#flushSoon(log, handOver);
  }

  #flushAll(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    for (const handOver of this.#unflushed.values()) handOver();
    this.#unflushed.clear();
  }

  /** False: there is no room for the chunk. */
  #emit(chunk: PlainChunk): boolean {
    const most = this.#options.bufferBytes ?? DEFAULT_BUFFER_BYTES;
    if (this.#waitingBytes + chunk.plain.length > most) return false;
    this.#waitingBytes += chunk.plain.length;
    this.#compressing += 1;
    void compress(chunk.plain).then((data) => {
      this.#compressing -= 1;
      this.#ready.push(toLogChunk(chunk, data));
      if (!this.#isSending) void this.#sendAll();
    });
    return true;
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    // One turn of the loop, so that the chunks of many short tasks leave together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#ready.length > 0) {
      const batch = takeBatch(this.#ready);
      await sendUntilTaken(batch, this.#options);
      for (const chunk of batch) this.#waitingBytes -= chunk.bytes;
    }
    this.#isSending = false;
    if (this.#compressing === 0) this.#whenIdle.splice(0).forEach((resolve) => resolve());
  }
}

function toLogChunk(chunk: PlainChunk, data: Buffer): LogChunk {
  const { plain, ...rest } = chunk;
  return { ...rest, bytes: plain.length, data: data.toString('base64') };
}

function takeBatch(ready: LogChunk[]): LogChunk[] {
  let bytes = 0;
  let count = 0;
  for (const chunk of ready) {
    bytes += chunk.data.length;
    if (count > 0 && (bytes > MOST_BYTES || count >= MOST_CHUNKS)) break;
    count += 1;
  }
  return ready.splice(0, count);
}

/** Repeats through an outage; a batch the engine refuses is given up, so that it does not hold the others. */
async function sendUntilTaken(
  batch: readonly LogChunk[],
  { send, log }: LogShipperOptions,
): Promise<void> {
  for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, RETRY_MS.longest)) {
    try {
      failpoint('log.before-send');
      await send(batch);
      failpoint('log.after-send');
      return;
    } catch (err) {
      if (!isRetriable(err)) {
        log.error({ err, chunks: batch.length }, 'log chunks refused and dropped');
        return;
      }
      await new Promise<void>((resolve) => setTimeout(resolve, waitMs).unref());
    }
  }
}

function isRetriable(err: unknown): boolean {
  return typeof err === 'object' && err !== null && 'retriable' in err && err.retriable === true;
}
