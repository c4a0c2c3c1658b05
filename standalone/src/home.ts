import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StandaloneError } from './errors.ts';

/** What was generated for this home on its first start and must stay the same. */
export interface HomeSecrets {
  /** Superuser of the embedded PostgreSQL. */
  readonly postgresPassword: string;
  readonly workerToken: string;
  /** Signs task tokens and seals connections. */
  readonly secretKey: string;
}

const secretsSchema = z.object({
  postgresPassword: z.string(),
  workerToken: z.string(),
  secretKey: z.string(),
});

/** Opens the home for this process alone. Throws `HOME_IN_USE` when another one has it. */
export function openHome(folder: string): { secrets: HomeSecrets; close: () => void } {
  mkdirSync(folder, { recursive: true });
  const lock = path.join(folder, 'lock');
  takeLock(lock);
  return {
    secrets: readSecrets(path.join(folder, 'secrets.json')),
    close: () => {
      rmSync(path.join(folder, 'run.json'), { force: true });
      rmSync(lock, { force: true });
    },
  };
}

/** Tells the CLI of this home where the API is and how to sign in. */
export function writeRunFile(folder: string, running: { url: string; token: string }): void {
  writeFileSync(path.join(folder, 'run.json'), JSON.stringify(running), { mode: 0o600 });
}

/** Makes the file ours until it is removed. Throws `HOME_IN_USE` while a living process holds it. */
export function takeLock(file: string): void {
  const own = JSON.stringify({ pid: process.pid, startedAt: startTimeOf(process.pid) });
  try {
    writeFileSync(file, own, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = parseLock(readFileSync(file, 'utf8'));
    if (holder !== undefined && isSameProcess(holder)) {
      throw new StandaloneError(
        'HOME_IN_USE',
        `Tidegate runs already in ${path.dirname(file)} (process ${holder.pid}). ` +
          'Use it, stop it, or set TIDEGATE_HOME to another folder',
      );
    }
    rmSync(file, { force: true });
    takeLock(file);
  }
}

interface LockHolder {
  readonly pid: number;
  readonly startedAt: string;
}

function parseLock(text: string): LockHolder | undefined {
  try {
    return JSON.parse(text) as LockHolder;
  } catch {
    return undefined;
  }
}

/** The number alone would not do: after a kill it may belong to another program. */
function isSameProcess({ pid, startedAt }: LockHolder): boolean {
  try {
    process.kill(pid, 0);
    return startTimeOf(pid) === startedAt;
  } catch {
    return false;
  }
}

/** When the kernel started a process, in its own ticks; `ended` for one nobody has buried; empty without /proc. */
function startTimeOf(pid: number): string {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return '';
  // The name in parentheses may hold spaces; state and start time are the first and 20th field after it.
  const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
}

function readSecrets(file: string): HomeSecrets {
  if (existsSync(file)) return secretsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const random = () => randomBytes(24).toString('base64url');
  const secrets = { postgresPassword: random(), workerToken: random(), secretKey: random() };
  writeFileSync(file, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  return secrets;
}
