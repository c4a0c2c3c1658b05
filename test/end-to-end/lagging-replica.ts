import { execFileSync } from 'node:child_process';
import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { treeOf } from './process-tree.ts';
import { signal, type StandaloneUnderTest } from './standalone-under-test.ts';

/** The embedded PostgreSQL as it was at one moment, promoted later in its place. */
export class LaggingReplica {
  readonly #standalone: StandaloneUnderTest;
  readonly #copy: string;

  private constructor(standalone: StandaloneUnderTest, copy: string) {
    this.#standalone = standalone;
    this.#copy = copy;
  }

  /** As a snapshot of its disk: nothing writes meanwhile. */
  static copy(standalone: StandaloneUnderTest): LaggingReplica {
    const all = new Set(standalone.pidsOf('postgres').flatMap(treeOf));
    for (const pid of all) signal(pid, 'SIGSTOP');
    const copy = path.join(standalone.scratch, 'replica');
    // Owners, modes and sockets included.
    execFileSync('cp', ['-a', dataFolderOf(standalone), copy]);
    for (const pid of all) signal(pid, 'SIGCONT');
    return new LaggingReplica(standalone, copy);
  }

  /** The server dies, and who takes its address is a server promoted from the copy, on a timeline of its own. */
  async failOver(): Promise<void> {
    const standalone = this.#standalone;
    // Who would start the dead server again stands still meanwhile.
    signal(standalone.pid, 'SIGSTOP');
    await standalone.kill('postgres');
    const folder = dataFolderOf(standalone);
    rmSync(folder, { recursive: true });
    renameSync(this.#copy, folder);
    rmSync(path.join(folder, 'postmaster.pid'));
    appendFileSync(path.join(folder, 'postgresql.auto.conf'), `restore_command = 'false'\n`);
    writeFileSync(path.join(folder, 'recovery.signal'), '');
    signal(standalone.pid, 'SIGCONT');
  }
}

function dataFolderOf({ home }: StandaloneUnderTest): string {
  return path.join(home, 'postgres');
}
