import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';

interface InputState {
  /** What the file system says without reading: cheap to compare. */
  readonly stamp: string;
  readonly contentHash: string;
  readonly changedAtMs: number;
}

const GONE: InputState = { stamp: 'gone', contentHash: 'gone', changedAtMs: 0 };

/** The files an evaluation followed from, as they were. */
export class InputSnapshot {
  readonly #inputs: Map<string, InputState>;

  private constructor(inputs: Map<string, InputState>) {
    this.#inputs = inputs;
  }

  static async take(paths: readonly string[]): Promise<InputSnapshot> {
    const states = await Promise.all(paths.map(readState));
    return new InputSnapshot(new Map(paths.map((path, i) => [path, states[i] ?? GONE])));
  }

  /**
   * Whether any input has other content now. Touched files with equal content are equal. Installed packages are
   * looked at only when `thorough`: there may be thousands, and they change by an install only.
   */
  async hasChanged(thorough: boolean): Promise<boolean> {
    for (const [path, before] of this.#inputs) {
      if (!thorough && path.includes('/node_modules/')) continue;
      const { stamp } = await readStamp(path);
      if (stamp === before.stamp) continue;
      const now = await readState(path);
      if (now.contentHash !== before.contentHash) return true;
      this.#inputs.set(path, now);
    }
    return false;
  }

  /** When the newest of the inputs was last written, by the file system's clock. */
  newestMs(): number {
    return Math.max(0, ...[...this.#inputs.values()].map(({ changedAtMs }) => changedAtMs));
  }
}

async function readState(path: string): Promise<InputState> {
  try {
    const stamp = await readStamp(path);
    const content = await readFile(path);
    return { ...stamp, contentHash: createHash('sha256').update(content).digest('hex') };
  } catch {
    return GONE;
  }
}

async function readStamp(path: string): Promise<Pick<InputState, 'stamp' | 'changedAtMs'>> {
  try {
    const { ctimeMs, mtimeMs, size, ino } = await stat(path);
    return { stamp: `${mtimeMs} ${ctimeMs} ${size} ${ino}`, changedAtMs: ctimeMs };
  } catch {
    return GONE;
  }
}
