import { watch, type FSWatcher } from 'node:fs';

import { toError, type Logger } from '@tidegate/engine/platform';

/** Editors write in several steps: a change counts once nothing has happened for so long. */
const QUIET_MS = 40;
/** The end of waiting for quiet, in a folder that never is. */
const LONGEST_WAIT_MS = 400;

/**
 * Calls back soon after anything changes in a set of directories, one watcher a directory (Node's recursive watcher
 * loses directories that are replaced). A hint only: where watching fails, the caller's rescan finds changes later.
 */
export class FolderWatcher {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #onChange: () => void;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #waitingSince = 0;
  #hasWarned = false;

  constructor(onChange: () => void, log: Logger) {
    this.#onChange = onChange;
    this.#log = log;
  }

  /** Watches exactly these from now on. */
  watch(directories: readonly string[]): void {
    const wanted = new Set(directories);
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of wanted) {
      if (!this.#watchers.has(directory)) this.#open(directory);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.watch([]);
  }

  #open(directory: string): void {
    try {
      const watcher = watch(directory, () => {
        this.#changed();
      });
      watcher.on('error', (error) => {
        watcher.close();
        this.#watchers.delete(directory);
        this.#warn(error);
      });
      this.#watchers.set(directory, watcher);
    } catch (thrown) {
      // Gone since it was listed is no fault; the next scan will not name it.
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') this.#warn(thrown);
    }
  }

  #changed(): void {
    const now = performance.now();
    if (this.#timer === undefined) this.#waitingSince = now;
    const waited = now - this.#waitingSince;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#onChange();
      },
      Math.min(QUIET_MS, Math.max(0, LONGEST_WAIT_MS - waited)),
    );
  }

  #warn(thrown: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#log.warn(
      { err: toError(thrown) },
      'a DAGs folder cannot be watched, its changes are found by looking every few seconds',
    );
  }
}
