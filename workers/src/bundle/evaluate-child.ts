import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { stop } from 'esbuild';

import { toError } from '@tidegate/engine/platform';

import { bundleFile } from './bundle-file.ts';
import type { ChildReport, EvaluateRequest } from './child-messages.ts';
import { bundleError } from './errors.ts';
import { evaluateBundle } from './evaluate-bundle.ts';
import { faultOf } from './fault.ts';

/**
 * The disposable child of `evaluateFile`: bundles one DAG file, runs its top-level code, answers over the channel and
 * waits to be killed. Taken before the file's code can touch them:
 */
const send = process.send?.bind(process);
const exit = process.exit.bind(process);

/**
 * Ends this process when its parent is gone, also while the file's code loops. A thread of its own, started without
 * this process' preloads: those would wait for the main thread.
 */
const WATCH_PARENT = `
const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 500);
`;

async function watchParent(): Promise<void> {
  const watcher = new Worker(WATCH_PARENT, { eval: true, execArgv: [] });
  await once(watcher, 'online');
  watcher.unref();
}

async function answer(request: EvaluateRequest): Promise<ChildReport> {
  await watchParent();
  const bundled = await bundleFile(request.path, request.folder);
  await stop();
  await report({ kind: 'inputs', inputs: bundled.inputs });
  if (bundled.kind === 'failed') return { kind: 'failed', fault: bundled.fault };
  process.exit = refuseExit;
  return evaluateBundle(bundled.bundle, request);
}

function refuseExit(code?: number): never {
  throw bundleError(
    'DAG_EXITED',
    `the file called process.exit(${code ?? ''}) while it was loaded; remove that, or put it into a task`,
  );
}

function report(message: ChildReport): Promise<void> {
  return new Promise((resolve) => {
    send?.(message, () => {
      resolve();
    });
  });
}

process.once('disconnect', () => exit(1));
process.once('message', (request: EvaluateRequest) => {
  answer(request)
    .catch((thrown: unknown): ChildReport => {
      const { message } = toError(thrown);
      return { kind: 'failed', fault: faultOf('DAG_EVALUATION_FAILED', message) };
    })
    .then(report, () => exit(1));
});
