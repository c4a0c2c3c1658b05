import type { Json } from '../platform/json.ts';
import type { Duration } from './duration.ts';
import type { RunContext, TaskIdentity } from './task-context.ts';
import type { TaskError } from './task-outcome.ts';

/** What a callback is told about the run or task it was called for. */
export interface CallbackContext {
  readonly run: RunContext;
  readonly state: string;
  /** Null in callbacks of the run. */
  readonly task: TaskIdentity | null;
  readonly error: TaskError | null;
}

/** A ready-made notification as plain data, made by functions such as `notifyWebhook('ops')`. */
export interface Notifier {
  readonly kind: 'notifier';
  readonly type: string;
  readonly options: { readonly [key: string]: Json };
}

export type Callback = Notifier | ((context: CallbackContext) => void | Promise<void>);

/** Tells someone when a run is not done in time. */
export interface Deadline {
  /** Counted from here. (Default: queued) */
  readonly from?: 'queued' | 'logicalDate' | 'averageDuration' | { readonly at: string };
  readonly within: Duration;
  readonly then: readonly Callback[];
}

/** Decides after a failed try: retry (perhaps later than planned), fail now, or as planned. */
export type RetryPolicy = (failure: {
  readonly error: TaskError;
  readonly tryNumber: number;
}) => 'retry' | 'fail' | { readonly retryAfter: Duration } | undefined;

/** A person must agree before the task runs. */
export interface Approval {
  readonly question: string;
  readonly approvers?: readonly string[];
  readonly timeout?: Duration;
}
