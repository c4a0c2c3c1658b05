/** A worker as a program of its own, for tests that kill or stop it: `worker-program.ts <json settings>`. */
import { createLogger } from '@tidegate/engine/platform';

import { runWorker } from '../../src/worker/run-worker.ts';
import type { WorkerConfig } from '../../src/worker/start-worker.ts';

const config = JSON.parse(process.argv[2] ?? '{}') as WorkerConfig;
await runWorker(config, createLogger('worker', 'info'));
process.exit(0);
