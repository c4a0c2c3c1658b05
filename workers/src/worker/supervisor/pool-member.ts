import { TidegateError, withResolvers, type PromiseWithResolvers } from '@tidegate/engine/platform';

import { WORKER_ERRORS } from '../errors.ts';
import { systemLine } from '../log/log-line.ts';
import type { FromProcess } from '../process/messages.ts';
import { createSecretMask } from '../secret-mask.ts';
import { describeExit } from './death.ts';
import type { RunningTask } from './running-task.ts';
import {
  startTaskProcess,
  type ProcessExit,
  type TaskProcess,
  type TaskProcessOptions,
} from './task-process-handle.ts';

/** A task process and what the pool knows about it. */
export interface Member {
  readonly process: TaskProcess;
  /** All it was handed; it may run any of them, also those it has not told to have started. */
  readonly running: Map<number, RunningTask>;
  /** Rejects when the process ends before it is ready. */
  readonly whenReady: Promise<void>;
  isReady: boolean;
  /** Takes no further tasks. */
  isRetiring: boolean;
  group: string | undefined;
  tasksTaken: number;
  idleSinceMs: number;
  take(task: RunningTask): void;
}

export interface MemberEvents {
  /** How long the process may take to come up. */
  readonly startMs: number;
  onReady(): void;
  onMessage(message: FromProcess): void;
  /** Output while no task was running. */
  onOutput(source: 'stdout' | 'stderr', line: string): void;
  onExit(exit: ProcessExit): void;
}

export function createMember(options: TaskProcessOptions, events: MemberEvents): Member {
  const running = new Map<number, RunningTask>();
  const mask = createSecretMask();
  const printed: string[] = [];
  const ready = createReadiness();
  const onOutput = (source: 'stdout' | 'stderr', raw: string): void => {
    const line = mask.mask(raw);
    if (!member.isReady && printed.length < 50) printed.push(line);
    if (running.size === 0) events.onOutput(source, line);
    for (const task of running.values()) {
      if (!task.hasStarted) continue;
      task.log.append({ ...systemLine(line, source === 'stderr' ? 'warn' : 'info'), source });
    }
  };
  const onMessage = (message: FromProcess): void => {
    if (message.kind === 'secrets') mask.register(message.values);
    if (message.kind !== 'ready') {
      events.onMessage(message);
      return;
    }
    clearTimeout(startTimer);
    member.isReady = true;
    ready.resolve();
    events.onReady();
  };
  const onExit = (exit: ProcessExit): void => {
    clearTimeout(startTimer);
    if (!member.isReady) ready.reject(brokenProcess(exit, printed));
    events.onExit(exit);
  };
  const member: Member = {
    process: startTaskProcess(options, { onMessage, onOutput, onExit }),
    running,
    whenReady: ready.promise,
    isReady: false,
    isRetiring: false,
    group: undefined,
    tasksTaken: 0,
    idleSinceMs: performance.now(),
    take: (task) => {
      running.set(task.handle, task);
      member.tasksTaken += 1;
    },
  };
  const startTimer = setTimeout(() => {
    member.process.kill();
  }, events.startMs).unref();
  return member;
}

function createReadiness(): PromiseWithResolvers<void> {
  const ready: PromiseWithResolvers<void> = withResolvers();
  // Only the first process of a worker is waited for; the others report their end through `onExit`.
  ready.promise.catch(() => undefined);
  return ready;
}

function brokenProcess(exit: ProcessExit, printed: readonly string[]): TidegateError {
  const output = printed.length === 0 ? 'it printed nothing' : `it printed:\n${printed.join('\n')}`;
  return new TidegateError(
    WORKER_ERRORS.processBroken,
    `no task process could be started (${describeExit(exit)}); ${output}`,
  );
}
