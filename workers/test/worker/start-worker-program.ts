import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { WorkerConfig } from '../../src/worker/start-worker.ts';

/** A worker in a process of its own; killed when disposed. */
export interface WorkerProgram extends Disposable {
  readonly process: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
}

export function startWorkerProgram(config: WorkerConfig): WorkerProgram {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = fileURLToPath(new URL('./worker-program.ts', import.meta.url));
  const options = ['--conditions=source', '--import', loader, program, JSON.stringify(config)];
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
  return {
    process: child,
    exited,
    [Symbol.dispose]: () => {
      child.kill('SIGKILL');
    },
  };
}
