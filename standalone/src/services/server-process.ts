import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  accessSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
} from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { ServiceError } from './errors.ts';

/** A server program of somebody else's, run as our child: PostgreSQL, MariaDB, Kafka, Redis. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves with a sentence when the process ends, whoever ended it. */
  readonly ended: Promise<string>;
  /** Asks it to stop, waits up to `graceMs`, then kills it. */
  stop(graceMs?: number): Promise<void>;
}

export interface ServerProgram {
  /** For messages: `PostgreSQL`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Signal of an orderly, quick stop. (Default: SIGTERM) */
  readonly stopSignal?: NodeJS.Signals;
  /** Resolves when the server answers; rejects while it does not yet. */
  readonly probe: () => Promise<unknown>;
  /** (Default: 30 s) */
  readonly readyWithinMs?: number;
  /** These programs refuse to run as root: drop to an unprivileged user when we are root. */
  readonly unprivileged?: boolean;
}

/** Starts the program and resolves when its probe does. */
export async function startServer(program: ServerProgram): Promise<ServerProcess> {
  const { command, args, options } = launchOf(program);
  mkdirSync(path.dirname(program.logFile), { recursive: true });
  const log = openSync(program.logFile, 'a');
  const saidBefore = fstatSync(log).size;
  // The file itself: its children may outlive the server, and what they say is not for us to pass on.
  const child = spawn(command, [...args], { ...options, stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = endOf(child);
  try {
    await untilReady(program, ended, saidBefore);
  } catch (error) {
    // One that is only slow must not go on by itself and keep its folder.
    await stopChild(program, child);
    throw error;
  }
  return { pid: child.pid ?? 0, ended, stop: (graceMs) => stopChild(program, child, graceMs) };
}

/** Resolves when one of the addresses takes connections, rejects with where nothing does. */
export async function checkReachable(
  addresses: readonly string[],
  defaultPort: number,
): Promise<void> {
  const places = addresses.map((address) => {
    const { hostname, port } = new URL(address);
    return { host: hostname, port: port === '' ? defaultPort : Number(port) };
  });
  try {
    await Promise.any(places.map(connectOnce));
  } catch (error) {
    const names = places.map(({ host, port }) => `${host}:${port}`).join(', ');
    const message = `nothing answers at ${names}: start it or correct the address`;
    throw new ServiceError('SERVICE_NOT_FOUND', message, { cause: error });
  }
}

function connectOnce(place: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...place, timeout: 5_000 });
    socket.once('timeout', () => {
      socket.destroy(new ServiceError('SERVICE_NOT_FOUND', 'no answer within 5 s'));
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

/** The first of `names` found on PATH or in `folders`, if any. */
export function findProgram(
  names: readonly string[],
  folders: readonly string[] = [],
): string | undefined {
  const searched = [...(process.env['PATH'] ?? '').split(path.delimiter), ...folders];
  for (const name of names) {
    const found = searched.map((folder) => path.join(folder, name)).find(isExecutable);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** True when we are root and a server must run as somebody else. */
export const isRoot = process.getuid?.() === 0;

/** The account servers run as when we are root; it exists on every Unix. */
const SERVICE_USER = 'nobody';

/** Makes a folder that the server's account owns. */
export function makeDataFolder(folder: string, mode = 0o700): void {
  mkdirSync(folder, { recursive: true, mode });
  if (!isRoot) return;
  const [uid, gid] = serviceIds();
  chownSync(folder, uid, gid);
}

/** The command line that runs a one-off tool (`initdb`) under the same account as its server. */
export function asServiceUser(command: string, args: readonly string[]): [string, string[]] {
  if (!isRoot) return [command, [...args]];
  // The capability lets an unprivileged server work below folders only root may enter (a home, a clone).
  const drop = ['--reuid', SERVICE_USER, '--regid', String(serviceIds()[1]), '--clear-groups'];
  const caps = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'];
  // Without it access(2), by which PostgreSQL finds its programs, would not know of the capability.
  const bits = ['--securebits', '+no_setuid_fixup'];
  return ['setpriv', [...drop, ...caps, ...bits, '--', command, ...args]];
}

function launchOf(program: ServerProgram) {
  const stopSignal = program.stopSignal ?? 'SIGTERM';
  const env = program.env ?? process.env;
  const plain = { command: program.command, args: program.args, options: { env } };
  if (findProgram(['setpriv']) === undefined) return plain;
  // When we are killed outright the server must not live on and keep its folder.
  const withUser: [string, string[]] =
    program.unprivileged === true
      ? asServiceUser(program.command, program.args)
      : [program.command, [...program.args]];
  const onDeath = ['--pdeathsig', stopSignal.replace('SIG', '')];
  if (withUser[0] === 'setpriv') {
    return { command: 'setpriv', args: [...onDeath, ...withUser[1]], options: { env } };
  }
  return {
    command: 'setpriv',
    args: [...onDeath, '--', withUser[0], ...withUser[1]],
    options: { env },
  };
}

let cachedIds: readonly [number, number] | undefined;

function serviceIds(): readonly [number, number] {
  cachedIds ??= [idOf('-u'), idOf('-g')];
  return cachedIds;
}

function idOf(flag: string): number {
  return Number(execFileSync('id', [flag, SERVICE_USER], { encoding: 'utf8' }).trim());
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(`could not be started: ${error.message}`);
    });
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `ended with exit code ${String(code)}` : `was ended by ${signal}`);
    });
  });
}

async function untilReady(
  program: ServerProgram,
  ended: Promise<string>,
  saidBefore: number,
): Promise<void> {
  const deadline = Date.now() + (program.readyWithinMs ?? 30_000);
  let reason: string | undefined;
  void ended.then((text) => (reason = text));
  for (;;) {
    try {
      await program.probe();
      return;
    } catch (error) {
      if (reason !== undefined || Date.now() > deadline) {
        const why =
          reason ?? `did not answer in time (${error instanceof Error ? error.message : ''})`;
        throw new ServiceError(
          'SERVICE_NOT_STARTED',
          `${program.name} ${why}. Its own log says why: ${program.logFile}${complaintIn(program.logFile, saidBefore)}`,
          { cause: error },
        );
      }
      await delay(25);
    }
  }
}

const MOST_COMPLAINT = 300;
/** Bytes of a server's log. */
const MOST_READ = 262_144;

/** What a server says of its end, told where its log may be gone: the first line that names an error, else the last. */
function complaintIn(logFile: string, from: number): string {
  const lines = readSome(logFile, from).trim().split('\n');
  const line =
    lines.find((one) => /error|fatal|exception|cannot|failed/i.test(one)) ?? lines.at(-1);
  return line === undefined || line === '' ? '' : ` (${line.trim().slice(0, MOST_COMPLAINT)})`;
}

function readSome(file: string, from: number): string {
  if (!existsSync(file)) return '';
  const opened = openSync(file, 'r');
  const bytes = Buffer.alloc(MOST_READ);
  const read = readSync(opened, bytes, 0, MOST_READ, from);
  closeSync(opened);
  return bytes.toString('utf8', 0, read);
}

async function stopChild(
  program: ServerProgram,
  child: ChildProcess,
  graceMs = 10_000,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(program.stopSignal ?? 'SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(timer);
}
