import { invokeTask, taskTimedOut } from '../dag/invoke-task.ts';
import type { TaskDefinition } from '../dag/task-definition.ts';
import type { TaskOutcome } from '../dag/task-outcome.ts';
import { createTestContext, type TestTry } from './test-context.ts';

/** After the abort: what ignores it then is left behind, since a test has no process to kill. */
const GRACE_MS = 100;

export interface TryOptions {
  readonly timeoutMs: number | null;
  /** Sensors: since the first look of the try. */
  readonly elapsedMs: number;
}

/** One try, by the worker's own way of calling a task, under its timeout. */
export async function runTry(
  task: TaskDefinition,
  one: Omit<TestTry, 'signal'>,
  { timeoutMs, elapsedMs }: TryOptions,
): Promise<TaskOutcome> {
  const controller = new AbortController();
  const context = createTestContext({ ...one, signal: controller.signal });
  const invoked = invokeTask(task, context, { elapsedMs });
  if (timeoutMs === null) return invoked;
  const timers: NodeJS.Timeout[] = [];
  const abandoned = new Promise<TaskOutcome>((resolve) => {
    const error = taskTimedOut(timeoutMs);
    const { name, message, code } = error;
    timers.push(
      setTimeout(() => {
        controller.abort(error);
      }, timeoutMs),
      setTimeout(() => {
        resolve({ kind: 'failed', error: { name, message, code }, retriable: true });
      }, timeoutMs + GRACE_MS),
    );
  });
  try {
    return await Promise.race([invoked, abandoned]);
  } finally {
    timers.forEach((timer) => {
      clearTimeout(timer);
    });
  }
}
