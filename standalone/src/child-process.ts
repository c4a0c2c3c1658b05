import { type ChildProcess, fork } from 'node:child_process';
import { on } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { countProcess, type Metrics, readMetrics } from '@tidegate/engine/metrics';
import { type Logger, metricsPort } from '@tidegate/engine/platform';
import { startTracing } from '@tidegate/engine/tracing';

/** One of our own programs, run as a child and started again whenever it dies. */
export interface SupervisedChild {
  readonly name: string;
  /** Process id of the present incarnation, 0 between two. */
  readonly pid: () => number;
  /** What it counted; undefined while it is away or too busy to say. */
  metrics(): Promise<Metrics | undefined>;
  stop(): Promise<void>;
}

export interface ChildProgram<Config> {
  readonly name: string;
  /** Module that calls `runChild`. */
  readonly entry: URL;
  readonly config: Config;
  /** A process of the program that loads already, for the first incarnation. */
  readonly warm?: ChildProcess | undefined;
  readonly logger: Logger;
  /** File descriptor that takes what the program prints. */
  readonly logFd: number;
  /** Tells the person who started us. */
  readonly say: (text: string) => void;
}

interface ReadyMessage {
  readonly type: 'ready';
}

interface FailedMessage {
  readonly type: 'failed';
  readonly message: string;
}

interface MetricsMessage {
  readonly type: 'metrics';
  readonly metrics: Metrics;
}

type ChildMessage = ReadyMessage | FailedMessage | MetricsMessage;

/** What a parent says. */
type ParentMessage<Config> =
  | { readonly type: 'start'; readonly name: string; readonly config: Config }
  | { readonly type: 'tell-metrics' };

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** A child that lived this long did not fail at start: the next pause is the first again. */
const STEADY_MS = 10_000;
const STOP_GRACE_MS = 15_000;
const METRICS_WITHIN_MS = 1_000;
/** Twice Node's own, as in task processes: what a batch leaves behind dies young. Taken only when filled. */
const YOUNG_MB = 32;

/**
 * Starts the program and resolves once it says it is ready; rejects with what it says when it cannot start at
 * all. From then on it is started again when it dies, after a pause that grows while it keeps dying.
 */
export async function superviseChild<Config>(
  program: ChildProgram<Config>,
): Promise<SupervisedChild> {
  const supervisor = new Supervisor(program);
  await supervisor.start();
  return supervisor;
}

class Supervisor<Config> implements SupervisedChild {
  readonly name: string;
  readonly #program: ChildProgram<Config>;
  #child: ChildProcess | undefined;
  #warm: ChildProcess | undefined;
  #stopping = false;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(program: ChildProgram<Config>) {
    this.name = program.name;
    this.#program = program;
    this.#warm = program.warm;
  }

  pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const startedAt = performance.now();
    const child = this.#warm ?? forkProgram(this.#program.entry, this.#program.logFd);
    this.#warm = undefined;
    this.#child = child;
    const ready = readiness(this.name, child);
    const { name, config } = this.#program;
    child.send({ type: 'start', name, config } satisfies ParentMessage<Config>);
    await ready;
    child.once('exit', (code, signal) => {
      this.#child = undefined;
      if (this.#stopping) return;
      this.#program.say(
        `tidegate: the ${this.name} died (${signal ?? String(code)}) and is started again`,
      );
      this.#program.logger.warn(
        { child: this.name, code, signal },
        'a process died and is started again',
      );
      if (performance.now() - startedAt > STEADY_MS) this.#pauseMs = FIRST_PAUSE_MS;
      void this.#restart();
    });
  }

  async metrics(): Promise<Metrics | undefined> {
    const child = this.#child;
    if (child?.connected !== true) return undefined;
    const signal = AbortSignal.timeout(METRICS_WITHIN_MS);
    try {
      child.send({ type: 'tell-metrics' });
      for await (const [message] of on(child, 'message', { signal, close: ['exit'] })) {
        if ((message as ChildMessage).type === 'metrics')
          return (message as MetricsMessage).metrics;
      }
      return undefined;
    } catch {
      return undefined;
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    await gone;
    clearTimeout(timer);
  }

  async #restart(): Promise<void> {
    for (;;) {
      await delay(this.#pauseMs);
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
      if (this.#stopping) return;
      try {
        await this.start();
        return;
      } catch (error) {
        this.#program.logger.error(
          { err: error, child: this.name },
          'a process could not be started again',
        );
      }
    }
  }
}

/** Starts a program that calls `runChild`; it loads and waits for its configuration. */
export function forkProgram(entry: URL, logFd: number): ChildProcess {
  return fork(fileURLToPath(entry), [], {
    execArgv: [...process.execArgv, `--max-semi-space-size=${YOUNG_MB}`],
    stdio: ['ignore', logFd, logFd, 'ipc'],
  });
}

function readiness(name: string, child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: ChildMessage) => {
      if (message.type === 'ready') resolve();
      else if (message.type === 'failed') reject(new ChildFailure(message.message));
    });
    child.once('exit', (code, signal) => {
      reject(
        new ChildFailure(
          `${name} ended before it was ready (${signal ?? `exit code ${String(code)}`})`,
        ),
      );
    });
  });
}

/** What a child said when it could not start; shown to the user as it is. */
export class ChildFailure extends Error {
  override readonly name = 'ChildFailure';
}

/** What a child program does once it has its configuration. */
export interface ChildMain<Config> {
  readonly start: (config: Config) => Promise<{ stop: () => Promise<void> }>;
}

/**
 * The child's side: waits for its configuration, starts, says so, stops on SIGTERM, and ends at once when the
 * parent is gone (its channel closes).
 */
export function runChild<Config>(program: ChildMain<Config>): void {
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole process group; the parent decides the order in which we stop.
  process.on('SIGINT', () => undefined);
  process.on('message', (message: ParentMessage<Config>) => {
    if (message.type === 'start') void startChild(program, message);
    else void tellMetrics();
  });
}

async function startChild<Config>(
  program: ChildMain<Config>,
  { name, config }: { readonly name: string; readonly config: Config },
): Promise<void> {
  try {
    if (metricsPort !== undefined) countProcess(name);
    const stopTracing = await startTracing(name);
    const { stop } = await program.start(config);
    const end = (): void =>
      void stop()
        .then(stopTracing)
        .finally(() => process.exit(0));
    process.once('SIGTERM', end);
    process.send?.({ type: 'ready' } satisfies ChildMessage);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.send?.({ type: 'failed', message } satisfies ChildMessage, () => process.exit(1));
  }
}

async function tellMetrics(): Promise<void> {
  process.send?.({ type: 'metrics', metrics: await readMetrics() } satisfies ChildMessage);
}
