import type { Logger } from '@tidegate/engine/platform';

import { startWorker, type WorkerConfig } from './start-worker.ts';

/**
 * A worker that is the whole program: runs until SIGTERM or SIGINT, then stops within its grace. Whoever
 * calls it exits with 0 afterwards; a second signal ends the wait at once. Rejects with `WORKER_SUPERSEDED`
 * when another process took its place.
 */
export async function runWorker(config: WorkerConfig, log: Logger): Promise<void> {
  const signalled = waitForSignal();
  const worker = await startWorker(config, log);
  const signal = await Promise.race([signalled, worker.ended]).catch(async (err: unknown) => {
    // Its leases are revoked: nothing of what it runs may go on.
    await worker.stop();
    throw err;
  });
  log.info({ signal }, 'worker was asked to stop');
  await Promise.race([worker.stop(), waitForSignal()]);
}

function waitForSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
      resolve(signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
