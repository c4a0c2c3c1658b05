import type { NewRecord } from '../topic-log.ts';
import { numbered, until } from './topic-log-under-test.ts';

/** Appends numbered records over and over, some at a time, until it is stopped. */
export class Appending {
  /** How many records are stored for certain. */
  stored = 0;
  #isStopped = false;
  readonly #done: Promise<void>;

  constructor(size: number, append: (records: readonly NewRecord[]) => Promise<void>) {
    this.#done = this.#run(size, append);
    // Who stops it hears of it.
    this.#done.catch(() => undefined);
  }

  /** Resolves when more than `count` further records are stored. */
  async more(count: number, withinMs?: number): Promise<void> {
    const before = this.stored;
    await until(() => this.stored > before + count, withinMs);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #run(size: number, append: (records: readonly NewRecord[]) => Promise<void>) {
    while (!this.#isStopped) {
      await append(numbered(size, this.stored));
      this.stored += size;
    }
  }
}
