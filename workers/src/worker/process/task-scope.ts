import { AsyncLocalStorage } from 'node:async_hooks';

import type { LogLine } from '@tidegate/engine/execution-contract';

import { createLineSplitter, type LineSplitter } from '../log/line-splitter.ts';

/** The task some code belongs to, however deep in its asynchronous calls. */
export interface TaskScope {
  readonly handle: number;
  readonly stdout: LineSplitter;
  readonly stderr: LineSplitter;
}

export const taskScope = new AsyncLocalStorage<TaskScope>();

/** A scope whose printed lines go to `onLine`. */
export function createTaskScope(handle: number, onLine: (line: LogLine) => void): TaskScope {
  const splitterFor = (source: 'stdout' | 'stderr', level: LogLine['level']): LineSplitter =>
    createLineSplitter((message) => {
      onLine({ at: new Date().toISOString(), level, source, message });
    });
  return {
    handle,
    stdout: splitterFor('stdout', 'info'),
    stderr: splitterFor('stderr', 'warn'),
  };
}

/**
 * What a task prints goes to its own log: `console.*` ends in these streams' `write`. Code outside any task
 * still reaches the real streams, which the supervisor reads.
 */
export function captureStandardStreams(): void {
  capture(process.stdout, (scope) => scope.stdout);
  capture(process.stderr, (scope) => scope.stderr);
}

type Written = Uint8Array | string;
type Done = (err?: Error | null) => void;

function capture(stream: NodeJS.WriteStream, splitterOf: (scope: TaskScope) => LineSplitter): void {
  const writeThrough = stream.write.bind(stream);
  stream.write = (chunk: Written, encoding?: BufferEncoding | Done, done?: Done): boolean => {
    const scope = taskScope.getStore();
    const callback = typeof encoding === 'function' ? encoding : done;
    if (scope === undefined) {
      return typeof encoding === 'function' || encoding === undefined
        ? writeThrough(chunk, callback)
        : writeThrough(chunk, encoding, callback);
    }
    const bytes =
      typeof chunk === 'string' && typeof encoding === 'string'
        ? Buffer.from(chunk, encoding)
        : chunk;
    splitterOf(scope).write(typeof bytes === 'string' ? bytes : Buffer.from(bytes));
    if (callback !== undefined) process.nextTick(callback);
    return true;
  };
}
