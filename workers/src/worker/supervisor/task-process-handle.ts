import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { createMessageBatch, parseBatch } from '../process/message-batch.ts';
import type { DyingMessage, FromProcess, ProcessSettings, ToProcess } from '../process/messages.ts';
import { createLineSplitter } from '../log/line-splitter.ts';

/** A live task process, seen from the supervisor. */
export interface TaskProcess {
  readonly pid: number;
  send(message: ToProcess): void;
  /** Sends what was collected in this tick without waiting for its end. */
  flush(): void;
  /** SIGKILL to the process and everything it started that stayed in its process group. */
  kill(): void;
}

export interface TaskProcessEvents {
  onMessage(message: FromProcess): void;
  /** What was written to the real streams: native code, grandchildren, a fatal error of V8. */
  onOutput(source: 'stdout' | 'stderr', line: string): void;
  /** Once, after the last message and the last line. */
  onExit(exit: ProcessExit): void;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** What the process said about its end, if it could. */
  readonly dying: DyingMessage | null;
  readonly isOutOfMemory: boolean;
}

export interface TaskProcessOptions {
  readonly settings: ProcessSettings;
  readonly environment: Readonly<Record<string, string>>;
  readonly heapMb: number;
}

/**
 * Twice Node's own: what a batch of records leaves behind then dies young, which saves a quarter of a
 * loader's CPU. It is taken only by processes that fill it.
 */
const YOUNG_MB = 32;

/** How long the streams of a dead process may stay open, held by whatever it started. */
const DRAIN_MS = 1_000;

/**
 * Starts a task process: a group leader, so that grandchildren die with it, with a clean environment and a
 * fourth stream whose closing tells it that the supervisor is gone (`process/watchdog.ts`).
 */
export function startTaskProcess(
  options: TaskProcessOptions,
  events: TaskProcessEvents,
): TaskProcess {
  const child = fork(entryPath(), {
    detached: true,
    serialization: 'advanced',
    env: { ...options.environment },
    execArgv: [
      ...sourceArguments(),
      `--max-old-space-size=${options.heapMb}`,
      `--max-semi-space-size=${YOUNG_MB}`,
    ],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
  const batch = createMessageBatch<ToProcess>((text) => {
    if (child.connected) child.send(text, () => undefined);
  });
  watch(child, events);
  batch.add({ kind: 'init', settings: options.settings });
  return {
    pid: child.pid ?? 0,
    send: batch.add,
    flush: batch.flush,
    kill: () => {
      killGroup(child);
    },
  };
}

function watch(child: ChildProcess, events: TaskProcessEvents): void {
  let dying: DyingMessage | null = null;
  let isOutOfMemory = false;
  let isOver = false;
  const open = new Set(['exit', 'close', 'disconnect']);
  const stdout = createLineSplitter((line) => events.onOutput('stdout', line));
  const stderr = createLineSplitter((line) => {
    // V8's last words; the exit status alone (SIGABRT) does not tell them from an assertion.
    if (/heap out of memory|Cannot allocate memory|bad_alloc/.test(line)) isOutOfMemory = true;
    events.onOutput('stderr', line);
  });
  const conclude = (): void => {
    if (isOver) return;
    isOver = true;
    stdout.end();
    stderr.end();
    const { exitCode: code, signalCode: signal } = child;
    events.onExit({ code, signal, dying, isOutOfMemory });
  };
  const closed = (what: string): void => {
    open.delete(what);
    if (open.size === 0) conclude();
  };
  child.on('message', (text) => {
    for (const message of parseBatch(text) as FromProcess[]) {
      if (message.kind === 'dying') dying = message;
      else events.onMessage(message);
    }
  });
  child.stdout?.on('data', stdout.write);
  child.stderr?.on('data', stderr.write);
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  child.on('disconnect', () => closed('disconnect'));
  child.on('close', () => closed('close'));
  child.on('exit', () => {
    killGroup(child);
    closed('exit');
    setTimeout(conclude, DRAIN_MS).unref();
  });
  // A failed fork emits an error and neither exit nor close.
  child.on('error', () => {
    if (child.pid === undefined) conclude();
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is empty: the wanted end.
  }
}

const isSource = import.meta.url.endsWith('.ts');

function entryPath(): string {
  const name = isSource ? 'task-process.ts' : 'task-process.js';
  return fileURLToPath(new URL(`../process/${name}`, import.meta.url));
}

/** What Node needs to run the sources unbuilt, as tests and `npm run dev` do. */
function sourceArguments(): string[] {
  if (!isSource) return [];
  const loader = createRequire(import.meta.url).resolve('tsx');
  return ['--conditions=source', '--import', pathToFileURL(loader).href];
}
