import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { until } from '../end-to-end/until.ts';

const CLI = fileURLToPath(new URL('../../cli/', import.meta.url));

/** `npm test` builds before the fault tests and runs what users run; by hand they run the sources. */
export const TIDEGATE =
  process.env['TIDEGATE_TEST_BUILT'] === '1'
    ? [path.join(CLI, 'dist/main.js')]
    : ['--conditions=source', '--import', 'tsx', path.join(CLI, 'src/main.ts')];

export interface ServiceOptions {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}

/** One `tidegate <service>` as a process of its own. */
export class ServiceUnderTest implements AsyncDisposable {
  readonly home: string;
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #code: number | null = null;
  output = '';

  constructor(args: readonly string[], { home, env }: ServiceOptions) {
    this.home = home;
    this.#args = args;
    this.#env = env;
    mkdirSync(home, { recursive: true });
  }

  /** Starts it and waits for its ready line. */
  async start(): Promise<void> {
    const from = this.output.length;
    const child = spawn(process.execPath, [...TIDEGATE, ...this.#args], {
      cwd: CLI,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        TIDEGATE_HOME: this.home,
        ...this.#env,
      },
    });
    this.#child = child;
    const keep = (data: Buffer): void => {
      this.output += data.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('exit', (code) => {
      this.#code = code;
      this.#child = undefined;
    });
    await until(
      `tidegate ${this.#args.join(' ')} to be ready`,
      () => {
        const text = this.output.slice(from);
        if (this.#child === undefined) throw new Error(`it ended at its start:\n${text}`);
        return text.includes(': ready ') ? true : undefined;
      },
      90_000,
    );
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    this.#child?.kill(signal);
    await until(
      `${this.#args.join(' ')} to end after ${signal}`,
      () => (this.#child === undefined ? true : undefined),
      60_000,
    );
    return this.#code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL');
  }
}
