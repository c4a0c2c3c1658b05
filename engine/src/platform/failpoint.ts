import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { failpointFolder } from './config.ts';
import { TidegateError } from './errors.ts';
import type { FailpointName } from './failpoints.ts';

/** What an armed failpoint does to its process: ends it, throws, or stops it until it is sent SIGCONT. */
export type FailpointAction = 'kill' | 'throw' | 'pause';

/** Passes so far, for failpoints armed for a later one. */
const passes = new Map<FailpointName, number>();

/**
 * Marks a place beside an external effect. Does nothing unless `TIDEGATE_FAILPOINTS` names a folder that
 * holds a file of that name: `kill`, `throw` or `pause`, and optionally the number of the pass it is meant
 * for (`kill 3`). A failpoint fires once, in whichever process renames the file first; `<name>.hit` then
 * holds that process's id. So a process that is started again does not die again.
 */
export const failpoint: (name: FailpointName) => void =
  failpointFolder === undefined ? () => undefined : (name) => pass(failpointFolder ?? '', name);

function pass(folder: string, name: FailpointName): void {
  const file = join(folder, name);
  const armed = readArmed(file);
  if (armed === undefined) return;
  const [action, wanted = '1'] = armed.trim().split(' ');
  const count = (passes.get(name) ?? 0) + 1;
  passes.set(name, count);
  if (count < Number(wanted) || !take(file)) return;
  passes.delete(name);
  act(action as FailpointAction, name);
}

function readArmed(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Of several processes at one failpoint, one may rename. */
function take(file: string): boolean {
  try {
    renameSync(file, `${file}.taken`);
    writeFileSync(`${file}.hit.new`, String(process.pid));
    renameSync(`${file}.hit.new`, `${file}.hit`);
    return true;
  } catch {
    return false;
  }
}

function act(action: FailpointAction, name: FailpointName): void {
  switch (action) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'pause':
      process.kill(process.pid, 'SIGSTOP');
      return;
    case 'throw':
      throw new TidegateError('FAILPOINT', `failpoint ${name}`, { retriable: true });
  }
}
