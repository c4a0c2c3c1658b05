import type { TaskError, TaskOutcome } from '@tidegate/engine/dag';
import type { Grant, LogLine } from '@tidegate/engine/execution-contract';
import type { TopicLogConfig } from '@tidegate/engine/topic-log';

import type { HandedTask } from './task-slots.ts';

/**
 * What passes between the supervisor and a task process.
 *
 * Messages travel in batches, one a tick, as JSON text inside the channel's advanced serialization: for
 * grants that is a third cheaper than structured clones. `handle` names one try within one supervisor.
 */
export type ToProcess =
  | { readonly kind: 'init'; readonly settings: ProcessSettings }
  | RunMessage
  | AbortMessage
  /** Gives a try back that waits for a slot. */
  | { readonly kind: 'give_back'; readonly handle: number };

export interface RunMessage extends HandedTask {
  readonly kind: 'run';
  readonly grant: Grant;
}

export interface AbortMessage {
  readonly kind: 'abort';
  readonly handle: number;
  /** Why the try is taken from the task. */
  readonly reason: string;
  /** Not null: because it ran longer than this. */
  readonly timeoutMs: number | null;
}

export type FromProcess =
  | { readonly kind: 'ready' }
  /** A try that was handed over ahead starts now. */
  | { readonly kind: 'started'; readonly handle: number }
  /** It has not started, and will not. */
  | { readonly kind: 'given_back'; readonly handle: number }
  | EndedMessage
  | {
      readonly kind: 'progress';
      readonly handle: number;
      readonly done: number;
      readonly total: number | null;
    }
  | { readonly kind: 'waiting'; readonly handle: number; readonly what: string | null }
  | { readonly kind: 'line'; readonly handle: number; readonly line: LogLine }
  /** Values to be masked in what the process prints. */
  | { readonly kind: 'secrets'; readonly values: readonly string[] }
  | { readonly kind: 'memory'; readonly rssBytes: number }
  | DyingMessage;

/** What a try itself has to say. */
export type TaskMessage = Extract<
  FromProcess,
  { readonly kind: 'line' | 'progress' | 'waiting' | 'ended' }
>;

/** That, and where it is. */
export type AboutTask =
  TaskMessage | Extract<FromProcess, { readonly kind: 'started' | 'given_back' }>;

export interface EndedMessage {
  readonly kind: 'ended';
  readonly handle: number;
  readonly outcome: TaskOutcome;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** The process ends in a moment, and knows why. `handle` is null when the culprit is not known. */
export interface DyingMessage {
  readonly kind: 'dying';
  readonly handle: number | null;
  readonly error: TaskError;
}

/** All a task process is told; it gets neither the worker token nor the worker's environment. */
export interface ProcessSettings {
  readonly executionUrl: string;
  /** Where the supervisor puts bundles, by hash. */
  readonly bundleFolder: string;
  readonly topicLog: TopicLogConfig | null;
  /** Most tries it runs at once. */
  readonly slots: number;
}
