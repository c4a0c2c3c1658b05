import { toError } from '@tidegate/engine/platform';

import { WORKER_ERRORS } from '../errors.ts';
import type { SecretMask } from '../secret-mask.ts';
import type { FromProcess } from './messages.ts';
import { taskScope } from './task-scope.ts';

export interface LastWords {
  /** Tells the supervisor and calls back when it is told. */
  readonly say: (message: FromProcess, then: () => void) => void;
  readonly mask: SecretMask;
}

const UNTOLD_MS = 1_000;

/**
 * A process whose task calls `process.exit`, or leaves a rejection nobody handles, ends, as Node's does; but
 * it says first whose doing it was, so that the tasks beside are not blamed.
 */
export function installLastWords(words: LastWords): void {
  const exit = process.exit.bind(process);
  let isDying = false;
  const die = (err: Error, code: string): void => {
    if (isDying) return;
    isDying = true;
    const { name } = err;
    const message = words.mask.mask(err.message);
    const stack = words.mask.mask(err.stack ?? '');
    setTimeout(exit, UNTOLD_MS, 1).unref();
    words.say(
      {
        kind: 'dying',
        handle: taskScope.getStore()?.handle ?? null,
        error: { name, message, stack, code },
      },
      () => exit(1),
    );
  };
  process.exit = (code?: number | string | null): never => {
    const err = toError(undefined);
    err.name = 'ProcessExit';
    err.message = `the task called process.exit(${String(code ?? '')}), which ends no task well`;
    die(err, WORKER_ERRORS.processExited);
    // `exit` never returns to its caller: what comes after it in the task must not run.
    throw err;
  };
  process.on('uncaughtException', (err) => {
    die(toError(err), WORKER_ERRORS.uncaught);
  });
}
