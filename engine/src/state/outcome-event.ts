import type { TaskOutcome } from '../dag/task-outcome.ts';
import type { TaskEvent } from './task-state.ts';

/** What a report means for the state: the only place that looks at the tries left. */
export function outcomeEvent(
  outcome: TaskOutcome,
  tries: { readonly tryNumber: number; readonly maxTries: number },
): TaskEvent {
  switch (outcome.kind) {
    case 'success':
    case 'branched':
    case 'short_circuited':
      return 'succeed';
    case 'failed':
      return outcome.retriable && hasTryLeft(tries) ? 'retry' : 'fail';
    case 'skipped':
      return 'skip';
    case 'rescheduled':
      return 'reschedule';
    case 'lost':
      return 'lose';
  }
}

/** `maxTries` starts as the declared retries: the first try is not a retry. */
export function hasTryLeft(tries: {
  readonly tryNumber: number;
  readonly maxTries: number;
}): boolean {
  return tries.tryNumber <= tries.maxTries;
}
