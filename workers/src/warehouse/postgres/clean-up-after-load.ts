import type { TaskContext } from '@tidegate/engine/dag';
import type { Clock } from '@tidegate/engine/platform';

import { CLEAN_UP_EVERY_MS, cleanUp } from './clean-up.ts';
import type { LoadTarget } from './load-target.ts';
import type { LoaderSession } from './loader-session.ts';

/** A load that is done never fails or hangs for its clean-up. */
const LONGEST_MS = 10_000;

/** When this process last asked a target for its turn, so that most loads need not even ask. */
const lastAsked = new Map<string, number>();

export interface AfterLoad {
  /** Of the target, among all of the process. */
  readonly key: string;
  readonly target: LoadTarget;
  readonly keepMs: number;
  readonly clock: Clock;
  readonly borrow: () => Promise<LoaderSession>;
  readonly giveBack: (session: LoaderSession) => void;
}

/** Cleans a target up if it is time. Never throws: whatever stays, the next one takes. */
export async function cleanUpAfterLoad(context: TaskContext, options: AfterLoad): Promise<void> {
  const { key, target, keepMs, clock } = options;
  const last = lastAsked.get(key);
  if (last !== undefined && clock.now() - last < CLEAN_UP_EVERY_MS) return;
  lastAsked.set(key, clock.now());
  let session: LoaderSession | undefined;
  const cancel = clock.after(LONGEST_MS, () => session?.destroy());
  try {
    session = await options.borrow();
    const summary = await cleanUp(session, { target, keepMs, stopwatch: () => clock.now() });
    if (summary !== undefined) context.log.debug({ ...summary }, 'old bookkeeping removed');
    options.giveBack(session);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.log.warn({ reason }, 'old bookkeeping not removed, the next load tries again');
    await session?.close();
  } finally {
    cancel();
  }
}
