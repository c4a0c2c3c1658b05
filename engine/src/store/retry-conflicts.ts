import { isConflict, randomPause } from './pg-errors.ts';

const ATTEMPTS = 20;

/** Runs a whole transaction, and again after a random pause where it met a deadlock or serialization failure. */
export async function retryConflicts<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!isConflict(thrown) || tried === ATTEMPTS) throw thrown;
      await randomPause();
    }
  }
}
