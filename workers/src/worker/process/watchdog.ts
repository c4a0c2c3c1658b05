import { Worker } from 'node:worker_threads';

/** The stream the supervisor keeps open as long as it lives; see `supervisor/task-process-handle.ts`. */
const LIFELINE_FD = 4;

/**
 * A thread of its own, since a task in an endless loop would keep the main thread from noticing that its
 * supervisor is gone. It kills the whole process group: this process and what tasks have started.
 */
const WATCH = `
const { Socket } = require('node:net');
const { workerData } = require('node:worker_threads');
const lifeline = new Socket({ fd: workerData.fd, readable: true, writable: false });
const die = () => { try { process.kill(-workerData.pid, 'SIGKILL'); } catch { process.exit(1); } };
lifeline.on('error', die).on('close', die).on('end', die).resume();
`;

export function startWatchdog(): void {
  const thread = new Worker(WATCH, {
    eval: true,
    execArgv: [],
    env: {},
    workerData: { fd: LIFELINE_FD, pid: process.pid },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  thread.unref();
}
