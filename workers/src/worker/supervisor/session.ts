import type { Logger } from '@tidegate/engine/platform';

import { isSuperseded } from '../errors.ts';
import type { EngineClient, SessionIdentity } from './engine-client.ts';
import { delay } from './retry.ts';

/**
 * Holds one session open: should this process die, its closing lets the engine run the tasks elsewhere at
 * once instead of when their leases end. Re-opened whenever it breaks.
 */
export async function keepSession(options: {
  readonly worker: SessionIdentity;
  readonly hold: EngineClient['holdSession'];
  readonly onOpen: () => void;
  readonly signal: AbortSignal;
  readonly log: Logger;
}): Promise<void> {
  const { worker, hold, onOpen, signal, log } = options;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const openedAtMs = performance.now();
    try {
      await hold(worker, { signal, onOpen });
    } catch (err) {
      if (isSuperseded(err)) return;
      if (!isOver(signal)) log.warn({ err }, 'session broke');
    }
    if (performance.now() - openedAtMs > 5_000) attempt = 0;
    await delay(attempt, signal);
  }
}

/** Asked through a call: the compiler takes the loop's condition to hold across the await. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
