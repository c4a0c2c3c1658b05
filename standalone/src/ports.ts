import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { findFreePort, isFree } from './services/index.ts';

/**
 * Ports of the embedded services, the same at every start while they are free: a person's database client
 * keeps working over a restart.
 */
export class StablePorts {
  readonly #file: string;
  readonly #known: Record<string, number>;

  constructor(file: string) {
    this.#file = file;
    this.#known = existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>)
      : {};
  }

  async get(name: string): Promise<number> {
    const last = this.#known[name];
    if (last !== undefined && (await isFreeSoon(last))) return last;
    const port = await findFreePort();
    this.#known[name] = port;
    writeFileSync(this.#file, JSON.stringify(this.#known));
    return port;
  }
}

/** After a kill, our own server of last time may need a moment to go. */
export async function isFreeSoon(port: number): Promise<boolean> {
  for (const deadline = Date.now() + 3_000; Date.now() < deadline;) {
    if (await isFree('127.0.0.1', port)) return true;
    await delay(50);
  }
  return false;
}
