import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** After a kill work goes on within this, on two cores of its own. */
const PROMISED_MS = 5_000;
/** What starting Node takes there. */
const NODE_START_MS = 80;

/**
 * Holds a fault to the promise. The machine may be slow or busy with others: the promise is stretched by how
 * much longer Node takes to start here, before or after the fault. `fault` answers how long work took to go on; one
 * that took too long is tried again, since a machine may stop for a moment; one that always does is told.
 */
export async function holdsPromise(
  what: string,
  fault: () => Promise<number>,
  attempts = 3,
): Promise<void> {
  const misses: string[] = [];
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = await slowness();
    const tookMs = await fault();
    const boundMs = Math.round(PROMISED_MS * Math.max(before, await slowness()));
    if (tookMs <= boundMs) return;
    misses.push(`${tookMs} ms where ${boundMs} are promised`);
  }
  throw new RangeError(`work went on too late after ${what}: ${misses.join(', ')}`);
}

/** At least 1; two at a time, as many as the promise has cores. */
async function slowness(): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const startedAt = performance.now();
    await Promise.all([run(process.execPath, ['-e', '0']), run(process.execPath, ['-e', '0'])]);
    samples.push(performance.now() - startedAt);
  }
  return Math.max(1, (samples.sort((a, b) => a - b)[1] ?? 0) / NODE_START_MS);
}
