import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What is downloaded is kept between runs: it is large and never changes. */
export const DOWNLOADS = path.join(os.homedir(), '.cache', 'tidegate');

/** The folder appears when `make` is through with it; another test run may have been quicker. */
export function makeWhole(
  folder: string,
  isThere: (folder: string) => boolean,
  make: (unfinished: string) => void,
): void {
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    make(unfinished);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } catch (error) {
    if (!isThere(folder)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Puts what the archive in `folder` holds in its place, there. */
export function unpackArchive(folder: string, archive: string, ...options: string[]): void {
  execFileSync('tar', ['-xzf', archive, ...options], { cwd: folder, stdio: 'pipe' });
  rmSync(path.join(folder, archive));
}
