import { type ChildProcess, spawn } from 'node:child_process';

import { TIDEGATE } from './service-under-test.ts';

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** A command line that runs: what it printed so far, and how it ends. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Ended;
  readonly closed: Promise<Ended>;
}

/** Starts one command line as a process of its own, without a terminal. `input` is its standard input. */
export function startTidegate(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input = '',
): RunningCommand {
  const child = spawn(process.execPath, [...TIDEGATE, ...args], {
    stdio: 'pipe',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
  const ended: Ended = { code: null, out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (ended.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (ended.err += data.toString()));
  // A command that reads nothing may be gone before it is given anything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const closed = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(Object.assign(ended, { code })));
  });
  return { child, ended, closed };
}

/** Runs one command line to its end. */
export function runTidegate(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input?: string,
): Promise<Ended> {
  return startTidegate(args, env, input).closed;
}
