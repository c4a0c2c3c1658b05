import type { Json } from '../platform/json.ts';

/**
 * How one try of a task ended, as the task process reports it. The engine alone turns an outcome into a
 * state (`engine/STATES.md`).
 */
export type TaskOutcome =
  | { readonly kind: 'success'; readonly output: Json }
  | {
      readonly kind: 'failed';
      readonly error: TaskError;
      /** False after `FailTask`: no retry, whatever is left. */
      readonly retriable: boolean;
    }
  | { readonly kind: 'skipped'; readonly reason: string }
  /** A branch: direct downstream tasks not in `chosen` are skipped, unless a chosen one leads to them. */
  | { readonly kind: 'branched'; readonly chosen: readonly string[]; readonly output: Json }
  /** A short circuit that answered false: the whole downstream closure is skipped. */
  | { readonly kind: 'short_circuited'; readonly output: Json }
  /** A sensor that is not satisfied yet: look again later, the slot is freed meanwhile. */
  | { readonly kind: 'rescheduled'; readonly afterMs: number }
  /**
   * The infrastructure lost the try (process died beside it, worker stopped): run again, no retry used. `cause`:
   * its process was killed from outside, which must not go on for ever.
   */
  | { readonly kind: 'lost'; readonly reason: string; readonly cause?: 'process_killed' };

export interface TaskError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Our own error code, or the driver's (`23505`, `ECONNREFUSED`). */
  readonly code?: string;
}
