import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** As task processes are started. */
const TASK_PROCESS_FLAGS = ['--max-old-space-size=1024', '--max-semi-space-size=32'];

/** Runs a program of ours in its own process: one order in, one report out. */
export async function runInOwnProcess<Report>(entry: URL, order: object): Promise<Report> {
  const { child, answer } = start<Report>(entry, order, TASK_PROCESS_FLAGS);
  const report = await answer;
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
  return report;
}

export interface RunningChild<Ready> {
  /** What it said when it was ready. */
  readonly ready: Ready;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a program of ours that runs until it is stopped. */
export async function startChild<Ready>(entry: URL, order: object): Promise<RunningChild<Ready>> {
  const { child, answer } = start<Ready>(entry, order, []);
  return { ready: await answer, pid: child.pid ?? 0, stop: () => stopProcess(child) };
}

export function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

function start<Answer>(
  entry: URL,
  order: object,
  flags: readonly string[],
): { readonly child: ChildProcess; readonly answer: Promise<Answer> } {
  const child = fork(fileURLToPath(entry), [], {
    execArgv: [...process.execArgv, ...flags, ...profiling()],
  });
  const answer = new Promise<Answer>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Answer));
    child.once('exit', (code) => reject(new Error(`${entry.pathname} ended with ${code}`)));
  });
  child.send(order);
  return { child, answer };
}

/** `TIDEGATE_BENCH_PROFILE=<folder>` keeps a CPU profile of the process measured. */
export function profiling(): string[] {
  const folder = process.env['TIDEGATE_BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}
