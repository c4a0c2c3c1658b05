import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { BundledFile } from './bundle-file.ts';
import type { ChildReport, EvaluatedDag, EvaluateRequest } from './child-messages.ts';
import { faultOf, floodFault, type Fault } from './fault.ts';
import { RUNS_FROM_SOURCES } from './product-modules.ts';

/** Caps of one load of a DAG file. */
export interface EvaluateLimits {
  /** (Default: 30 s) */
  readonly timeoutMs: number;
  /** Resident memory of the child. (Default: 1 GiB) */
  readonly memoryBytes: number;
  /** What the file may print. (Default: 16 MiB) */
  readonly outputBytes: number;
}

export const DEFAULT_LIMITS: EvaluateLimits = {
  timeoutMs: 30_000,
  memoryBytes: 1_073_741_824,
  outputBytes: 16_777_216,
};

export interface Evaluation {
  /** Absolute paths of everything the result follows from, as far as known. */
  readonly inputs: readonly string[];
  readonly result:
    | { readonly kind: 'failed'; readonly fault: Fault }
    | {
        readonly kind: 'evaluated';
        readonly bundle: BundledFile;
        readonly dags: readonly EvaluatedDag[];
      };
}

/** How often memory is looked at: even filling it as fast as it goes stays near the cap. */
const LOOK_MS = 25;
const KEPT_STDERR = 16_384;
const OLD_SPACE_SHARE = 0.6;

/**
 * Bundles and loads one DAG file in a child of its own, which is killed with all its descendants afterwards. The
 * child has no environment and no credentials. An abort gives up at once; its answer means nothing. Whatever it does to itself is this file's fault and nobody else's.
 */
export async function evaluateFile(
  file: { readonly path: string; readonly folder: string },
  limits: EvaluateLimits = DEFAULT_LIMITS,
  signal?: AbortSignal,
): Promise<Evaluation> {
  const workFolder = await mkdtemp(join(await realpath(tmpdir()), 'tidegate-dag-'));
  const child = startChild(limits);
  const guard = new ChildGuard(child, limits);
  try {
    signal?.addEventListener('abort', () => guard.abandon(), { once: true });
    if (signal?.aborted === true) guard.abandon();
    child.send({ ...file, workFolder, outputBytes: limits.outputBytes } satisfies EvaluateRequest);
    return await guard.finished;
  } finally {
    guard.stop();
    killGroup(child);
    await rm(workFolder, { recursive: true, force: true });
  }
}

function startChild(limits: EvaluateLimits): ChildProcess {
  const extension = RUNS_FROM_SOURCES ? 'ts' : 'js';
  const heapMiB = Math.round((limits.memoryBytes * OLD_SPACE_SHARE) / 1_048_576);
  // Looked for only then: an installation without development tools lacks it.
  const sources = () => ['--conditions=source', '--import', import.meta.resolve('tsx')];
  return fork(fileURLToPath(new URL(`./evaluate-child.${extension}`, import.meta.url)), [], {
    execArgv: [
      ...(RUNS_FROM_SOURCES ? sources() : []),
      '--enable-source-maps',
      `--max-old-space-size=${heapMiB}`,
    ],
    env: { TZ: 'UTC', LANG: 'C.UTF-8', TMPDIR: tmpdir() },
    // A group of its own: what the file's code starts is killed with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
}

/** Watches one child until it reports, breaks a limit or ends. */
class ChildGuard {
  readonly finished: Promise<Evaluation>;
  readonly #child: ChildProcess;
  readonly #limits: EvaluateLimits;
  readonly #timers: NodeJS.Timeout[] = [];
  #resolve: (evaluation: Evaluation) => void = () => undefined;
  #inputs: readonly string[] = [];
  #printed = 0;
  #stderr = '';

  constructor(child: ChildProcess, limits: EvaluateLimits) {
    this.#child = child;
    this.#limits = limits;
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    child.on('message', (report) => this.#onReport(report as ChildReport));
    child.once('error', (error) => this.#fail('DAG_EVALUATION_FAILED', error.message));
    child.once('exit', (code, signal) => this.#onExit(code, signal));
    child.stdout?.on('data', (chunk: Buffer) => this.#onOutput(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#onStderr(chunk));
    this.#timers.push(
      setTimeout(() => this.#onTimeout(), limits.timeoutMs),
      setInterval(() => void this.#checkMemory(), LOOK_MS),
    );
  }

  stop(): void {
    this.#timers.forEach((timer) => {
      clearTimeout(timer);
    });
  }

  abandon(): void {
    this.#fail('DAG_TIMEOUT', 'loading was given up');
  }

  #onReport(report: ChildReport): void {
    if (report.kind === 'inputs') this.#inputs = report.inputs;
    else this.#resolve({ inputs: this.#inputs, result: report });
  }

  #fail(code: string, message: string): void {
    this.#end(faultOf(code, message));
  }

  #end(fault: Fault): void {
    this.#resolve({ inputs: this.#inputs, result: { kind: 'failed', fault } });
  }

  #onTimeout(): void {
    this.#fail(
      'DAG_TIMEOUT',
      `loading the file did not end within ${this.#limits.timeoutMs / 1_000} s: an endless loop or an await` +
        ' outside of tasks; move the work into a task',
    );
  }

  #onOutput(chunk: Buffer): void {
    this.#printed += chunk.length;
    if (this.#printed > this.#limits.outputBytes) this.#end(floodFault(this.#limits.outputBytes));
  }

  #onStderr(chunk: Buffer): void {
    this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-KEPT_STDERR);
    this.#onOutput(chunk);
  }

  #onExit(code: number | null, signal: string | null): void {
    if (this.#stderr.includes('heap out of memory') || this.#stderr.includes('Fatal process')) {
      this.#outOfMemory();
      return;
    }
    const how = signal === null ? `with exit code ${code ?? 0}` : `by signal ${signal}`;
    this.#fail(
      'DAG_EXITED',
      `loading the file ended its process ${how}; remove what ends it, or put it into a task${this.#lastWords()}`,
    );
  }

  #lastWords(): string {
    const words = this.#stderr.trim().split('\n').slice(0, 5).join('\n');
    return words === '' ? '' : `\n${words}`;
  }

  #outOfMemory(): void {
    const most = Math.round(this.#limits.memoryBytes / 1_048_576);
    this.#fail(
      'DAG_OUT_OF_MEMORY',
      `loading the file took more than ${most} MiB of memory; move the work into a task`,
    );
  }

  /** V8's own cap does not know buffers. Where /proc is missing, that cap is the only one. */
  async #checkMemory(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined) return;
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    if (kilobytes * 1_024 > this.#limits.memoryBytes) this.#outOfMemory();
  }
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // Everything in the group has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
