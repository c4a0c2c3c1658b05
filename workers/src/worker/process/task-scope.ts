import { AsyncLocalStorage } from 'node:async_hooks';

import type { LogLine } from '@tidegate/engine/execution-contract';

import { createLineSplitter, type LineSplitter } from '../log/line-splitter.ts';

/** The task some code belongs to, however deep in its asynchronous calls. */
export class TaskScope {
  readonly handle: number;
  readonly #onLine: (line: LogLine) => void;
  /** Few tasks print, so that a splitter is made for the first that does. */
  readonly #splitters = new Map<Stream, LineSplitter>();

  constructor(handle: number, onLine: (line: LogLine) => void) {
    this.handle = handle;
    this.#onLine = onLine;
  }

  print(stream: Stream, written: Buffer | string): void {
    let splitter = this.#splitters.get(stream);
    if (splitter === undefined) {
      splitter = this.#createSplitter(stream);
      this.#splitters.set(stream, splitter);
    }
    splitter.write(written);
  }

  /** Gives out what was printed without a line break at its end. */
  end(): void {
    for (const splitter of this.#splitters.values()) splitter.end();
  }

  #createSplitter(source: Stream): LineSplitter {
    const level = source === 'stderr' ? 'warn' : 'info';
    return createLineSplitter((message) => {
      this.#onLine({ at: new Date().toISOString(), level, source, message });
    });
  }
}

type Stream = 'stdout' | 'stderr';

export const taskScope = new AsyncLocalStorage<TaskScope>();

/**
 * What a task prints goes to its own log: `console.*` ends in these streams' `write`. Code outside any task
 * still reaches the real streams, which the supervisor reads.
 */
export function captureStandardStreams(): void {
  capture('stdout');
  capture('stderr');
}

type Written = Uint8Array | string;
type Done = (err?: Error | null) => void;

function capture(name: Stream): void {
  const stream = process[name];
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
    scope.print(name, typeof bytes === 'string' ? bytes : Buffer.from(bytes));
    if (callback !== undefined) process.nextTick(callback);
    return true;
  };
}
