import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { WorkerConfig, WorkerLimits, WorkerTiming } from '../../src/worker/start-worker.ts';
import { readTaskEnvironment } from '../../src/worker/config.ts';
import { startWorker, type RunningWorker } from '../../src/worker/start-worker.ts';
import {
  startExecutionDouble,
  WORKER_TOKEN,
  type DoubleOptions,
  type ExecutionDouble,
} from './execution-double.ts';
import { SAMPLE_BUNDLES } from './sample-grants.ts';

/** A folder of a test; gone when disposed. */
export interface Scratch extends Disposable {
  readonly folder: string;
  /** A path in it. */
  path(name: string): string;
  /** What a task wrote there, `undefined` before it has. */
  read(name: string): string | undefined;
}

export function createScratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-worker-'));
  return {
    folder,
    path: (name) => join(folder, name),
    read: (name) => {
      try {
        const text = readFileSync(join(folder, name), 'utf8');
        return text === '' ? undefined : text;
      } catch {
        return undefined;
      }
    },
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface WorkerChanges extends Partial<Omit<WorkerConfig, 'timing' | 'limits'>> {
  readonly timing?: Partial<WorkerTiming>;
  readonly limits?: Partial<WorkerLimits>;
}

/** Settings of a worker of the double at `executionUrl`, with graces of half a second. */
export function workerConfig(
  executionUrl: string,
  home: string,
  changes: WorkerChanges = {},
): WorkerConfig {
  return {
    executionUrl,
    workerToken: WORKER_TOKEN,
    workerId: 'worker-under-test',
    home,
    queues: ['default'],
    concurrency: 8,
    topicLog: null,
    lane: { kind: 'postgres' },
    taskEnvironment: readTaskEnvironment(),
    ...changes,
    timing: { abortGraceMs: 500, stopGraceMs: 500, ...changes.timing },
  };
}

export interface WorkerUnderTest extends RunningWorker, AsyncDisposable {
  readonly scratch: Scratch;
}

/** A worker in this process, with a home of its own; stopped when disposed. */
export async function startWorkerUnderTest(
  executionUrl: string,
  changes: WorkerChanges = {},
): Promise<WorkerUnderTest> {
  const scratch = createScratch();
  const worker = await startWorker(workerConfig(executionUrl, scratch.folder, changes));
  return {
    ...worker,
    scratch,
    [Symbol.asyncDispose]: async () => {
      await worker.stop();
      scratch[Symbol.dispose]();
    },
  };
}

export interface Bench extends AsyncDisposable {
  readonly engine: ExecutionDouble;
  readonly worker: WorkerUnderTest;
}

/** An engine's double and a worker of it; both gone when disposed. */
export async function startBench(
  worker: WorkerChanges = {},
  engine: Partial<DoubleOptions> = {},
): Promise<Bench> {
  const double = await startExecutionDouble({ bundles: SAMPLE_BUNDLES, ...engine });
  const started = await startWorkerUnderTest(double.url, worker);
  return {
    engine: double,
    worker: started,
    [Symbol.asyncDispose]: async () => {
      await started[Symbol.asyncDispose]();
      await double[Symbol.asyncDispose]();
    },
  };
}

/** False when no process of that id is left; a zombie counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
