import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** A DAG file and the folder it was found under. */
export interface DagFile {
  readonly path: string;
  /** Relative to the folder, `/`-separated. */
  readonly file: string;
  /** Real path of the DAGs folder. */
  readonly folder: string;
}

export interface FoundFiles {
  readonly files: readonly DagFile[];
  /** Every directory looked into, to be watched. */
  readonly directories: readonly string[];
  /** Links that lead out of the folder: their targets are not loaded. */
  readonly outside: readonly DagFile[];
}

const DAG_FILE = /(?:^|\.)dag\.ts$/;
const SKIPPED = /^(?:node_modules$|\.)/;

/** Every `dag.ts` and `*.dag.ts` under a folder, in order of path. Throws when the folder itself cannot be read. */
export async function findDagFiles(folder: string): Promise<FoundFiles> {
  const root = await realpath(folder);
  const walk = new FolderWalk(root);
  await walk.enter(root);
  return walk.found();
}

class FolderWalk {
  readonly #root: string;
  readonly #files: DagFile[] = [];
  readonly #outside: DagFile[] = [];
  readonly #directories: string[] = [];
  /** Real paths: a link back to a parent ends there. */
  readonly #entered = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  async enter(directory: string): Promise<void> {
    const real = await realpath(directory);
    if (this.#entered.has(real)) return;
    this.#entered.add(real);
    this.#directories.push(directory);
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (!SKIPPED.test(entry.name)) await this.#visit(join(directory, entry.name), entry);
    }
  }

  found(): FoundFiles {
    const byPath = (a: DagFile, b: DagFile): number => (a.file < b.file ? -1 : 1);
    return {
      files: this.#files.sort(byPath),
      directories: this.#directories,
      outside: this.#outside.sort(byPath),
    };
  }

  async #visit(path: string, entry: Dirent): Promise<void> {
    if (!entry.isSymbolicLink()) {
      if (entry.isDirectory()) await this.#enterIfReadable(path);
      else if (DAG_FILE.test(entry.name)) this.#files.push(this.#file(path));
      return;
    }
    const target = await realpath(path).catch(() => undefined);
    if (target === undefined) return;
    const isInside = target === this.#root || target.startsWith(this.#root + sep);
    const isDagFile = DAG_FILE.test(entry.name);
    if (!isInside) {
      if (isDagFile) this.#outside.push(this.#file(path));
    } else if ((await stat(target)).isDirectory()) await this.#enterIfReadable(path);
    else if (isDagFile) this.#files.push(this.#file(path));
  }

  /** A directory that vanished or is closed to us holds no DAG files; its files count as deleted. */
  async #enterIfReadable(path: string): Promise<void> {
    try {
      await this.enter(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ENOTDIR') throw error;
    }
  }

  #file(path: string): DagFile {
    const file = path
      .slice(this.#root.length + 1)
      .split(sep)
      .join('/');
    return { path, file, folder: this.#root };
  }
}
