import type { ChildProcess } from 'node:child_process';
import path from 'node:path';

import { forkProgram } from './child-process.ts';

/** From sources and from the build alike: the entry has the ending of the module that names it. */
export const childEntry = (name: ChildName) =>
  new URL(`./process/${name}${path.extname(new URL(import.meta.url).pathname)}`, import.meta.url);

export type ChildName = 'scheduler' | 'worker' | 'capture';

/**
 * Our programs, loading while the databases start: half of what a start takes is reading their code, and it
 * needs no configuration.
 */
export class WarmChildren {
  readonly #children: Map<ChildName, ChildProcess>;

  constructor(names: readonly ChildName[], logFd: number) {
    this.#children = new Map(names.map((name) => [name, forkProgram(childEntry(name), logFd)]));
  }

  /** Hands a child over to whoever configures it; undefined when there is none, or it died meanwhile. */
  take(name: ChildName): ChildProcess | undefined {
    const child = this.#children.get(name);
    this.#children.delete(name);
    return child?.connected === true ? child : undefined;
  }

  /** Ends those nobody took. */
  stop(): void {
    for (const child of this.#children.values()) child.kill('SIGKILL');
    this.#children.clear();
  }
}
