import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The files registered before, kept over restarts: one that was deleted while nobody watched must still be taken off
 * the engine's list.
 */
export class KnownFiles {
  readonly #path: string | null;
  readonly #files: Set<string>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string | null, files: readonly string[]) {
    this.#path = path;
    this.#files = new Set(files);
  }

  /** `path` null: nothing is kept. */
  static async open(path: string | null): Promise<KnownFiles> {
    if (path === null) return new KnownFiles(null, []);
    const text = await readFile(path, 'utf8').catch(() => '[]');
    return new KnownFiles(path, parse(text));
  }

  list(): readonly string[] {
    return [...this.#files].sort();
  }

  async add(file: string): Promise<void> {
    if (this.#files.has(file)) return;
    this.#files.add(file);
    await this.#write();
  }

  async remove(file: string): Promise<void> {
    if (this.#files.delete(file)) await this.#write();
  }

  #write(): Promise<void> {
    const path = this.#path;
    if (path === null) return Promise.resolve();
    const write = async (): Promise<void> => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.new`, JSON.stringify(this.list()));
      await rename(`${path}.new`, path);
    };
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}

/** A torn or foreign file means nothing is known, not that nothing starts. */
function parse(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}
