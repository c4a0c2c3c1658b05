import type { SerializedTask } from '../../dag/serialized-dag.ts';
import type { TaskOutcome } from '../../dag/task-outcome.ts';
import type { Random } from './random.ts';

const ERROR = { name: 'Error', message: 'it failed' };

/** Any way a try of this task may end; well most of the time. */
export function randomOutcome(random: Random, task: SerializedTask | undefined): TaskOutcome {
  const dice = random.next();
  if (dice < 0.15) return { kind: 'failed', error: ERROR, retriable: true };
  if (dice < 0.2) return { kind: 'failed', error: ERROR, retriable: false };
  if (dice < 0.25) return { kind: 'lost', reason: 'its process died' };
  if (dice < 0.33) return { kind: 'skipped', reason: 'nothing to do' };
  return outcomeOfKind(random, task);
}

function outcomeOfKind(random: Random, task: SerializedTask | undefined): TaskOutcome {
  if (task?.kind === 'branch') {
    return { kind: 'branched', chosen: random.some(task.to, 0.5), output: null };
  }
  const isContent = random.chance(0.6);
  if (task?.kind === 'short_circuit' && !isContent) {
    return { kind: 'short_circuited', output: null };
  }
  if (task?.kind === 'sensor' && !isContent) return { kind: 'rescheduled', afterMs: 500 };
  return { kind: 'success', output: null };
}
