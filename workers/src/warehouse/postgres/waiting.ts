import type { TaskContext } from '@tidegate/engine/dag';

import { isOutage, pauseBeforeRetry } from './outage.ts';

/** What waiting out an outage needs of a task's context. */
export type WaitContext = Pick<TaskContext, 'signal' | 'waitingFor' | 'log'>;

/**
 * Repeats `attempt` for as long as it fails for reasons that end by themselves; says meanwhile what it waits
 * for. `attempt` must be harmless to repeat, whatever became of the one before.
 */
export async function throughOutages<Result>(
  context: WaitContext,
  what: string,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let failures = 0; ; failures += 1) {
    context.signal.throwIfAborted();
    try {
      const result = await attempt();
      if (failures > 0) {
        context.waitingFor(undefined);
        context.log.info({ what, failures }, 'outage over');
      }
      return result;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isOutage(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      context.waitingFor(`${what}: ${reason}`);
      if (failures === 0) context.log.warn({ what, reason }, 'outage, waiting for its end');
      await pauseBeforeRetry(failures, context.signal);
    }
  }
}
