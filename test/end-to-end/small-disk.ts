import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A disk of its own for a folder, in memory, so that it can be filled. Needs root, and a system that lets it mount. */
export class SmallDisk implements Disposable {
  readonly folder: string;

  constructor(folder: string, megabytes: number) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`];
    execFileSync('mount', [...options, 'tmpfs', folder], { stdio: 'pipe' });
  }

  /** Whether such disks can be had here. */
  static get isAvailable(): boolean {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-mount-'));
    try {
      new SmallDisk(folder, 1)[Symbol.dispose]();
      return true;
    } catch {
      return false;
    } finally {
      rmdirSync(folder);
    }
  }

  /** Takes all room that is left, until disposed. */
  fill(): Disposable {
    const file = path.join(this.folder, 'filler');
    const handle = openSync(file, 'w');
    let block = Buffer.alloc(1024 * 1024);
    while (block.length >= 512) {
      try {
        writeSync(handle, block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        block = block.subarray(0, block.length / 2);
      }
    }
    closeSync(handle);
    return { [Symbol.dispose]: () => rmSync(file) };
  }

  /** What is still open there stays usable. */
  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.folder], { stdio: 'pipe' });
  }
}
