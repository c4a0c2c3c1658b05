import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * A folder whose `node_modules` has the rival, exactly in this version; installed when it is first asked for.
 * Null where it cannot be had: the bench then goes without it.
 */
export function installRival(
  rival: { readonly name: string; readonly version: string },
  say: (text: string) => void,
): string | null {
  const wanted = `${rival.name}@${rival.version}`;
  const folder = path.join(os.tmpdir(), 'tidegate-bench-rivals', wanted);
  if (existsSync(path.join(folder, 'node_modules', rival.name, 'package.json'))) return folder;
  say(`bench: installing ${wanted} to measure beside it …`);
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', wanted], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (thrown) {
    say(`bench: ${wanted} could not be installed, its figures are left out: ${String(thrown)}`);
    return null;
  }
  return folder;
}
