import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { findFreePort } from '../../standalone/src/services/index.ts';
import { descendantsOf, listeningPortsOf, treeOf } from './process-tree.ts';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** `npm test` builds before the fault tests and runs what users run; by hand they run the sources. */
const PROGRAM =
  process.env['TIDEGATE_TEST_BUILT'] === '1'
    ? [path.join(ROOT, 'standalone/dist/run-standalone.js')]
    : [
        '--conditions=source',
        '--import',
        'tsx',
        path.join(ROOT, 'standalone/src/run-standalone.ts'),
      ];

/** What runs below `npm start`, by a part of each command line. */
const PARTS = {
  scheduler: '/process/scheduler.',
  worker: '/process/worker.',
  capture: '/process/capture.',
  task: '/process/task-process.',
  postgres: '/postgres -D ',
  mysql: '--log-bin=binlog',
} as const;

export type Part = keyof typeof PARTS;

export interface StandaloneOptions {
  readonly env?: NodeJS.ProcessEnv;
}

/** `npm start` in a home and a process group of its own. */
export class StandaloneUnderTest implements AsyncDisposable {
  readonly scratch = mkdtempSync(path.join(os.tmpdir(), 'tidegate-e2e-'));
  readonly home = path.join(this.scratch, 'home');
  /** Where failpoints are armed. */
  readonly failpoints = path.join(this.scratch, 'failpoints');
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #code: number | null = null;
  #port = 0;
  #storyAtEnd: string | undefined;
  output = '';

  constructor({ env = {} }: StandaloneOptions = {}) {
    this.#env = env;
    mkdirSync(this.failpoints);
  }

  /** Starts it and waits for its ready line. */
  async start(): Promise<void> {
    await this.launch();
    const from = this.output.length;
    await until(
      'the ready line',
      () => {
        const text = this.output.slice(from);
        if (this.#child === undefined) throw new Error(`it ended at start:\n${text}`);
        return text.includes('tidegate: ready') ? true : undefined;
      },
      90_000,
    );
  }

  async launch(): Promise<void> {
    if (this.#port === 0) this.#port = await findFreePort();
    const child = spawn(process.execPath, PROGRAM, {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ PATH: process.env['PATH'], HOME: process.env['HOME'] },
        TIDEGATE_HOME: this.home,
        TIDEGATE_PORT: String(this.#port),
        TIDEGATE_FAILPOINTS: this.failpoints,
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
      if (this.#child === child) this.#child = undefined;
    });
  }

  /** Waits until it has ended by itself; answers its exit code. */
  async ended(withinMs: number): Promise<number | null> {
    await until('it to end', () => (this.#child === undefined ? true : undefined), withinMs);
    return this.#code;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Process id of `npm start` itself. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Port of an embedded server; it stays over restarts. */
  portOf(server: 'postgres' | 'mysql'): number {
    const ports = this.#readJson('ports.json');
    return Number(ports[server]);
  }

  /** Signs in as its first user; answers the bearer's token. */
  async signIn(): Promise<string> {
    const answer = await fetch(`${this.url}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: 'admin' }),
    });
    if (!answer.ok) throw new Error(`signing in: ${answer.status} ${await answer.text()}`);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return token;
  }

  get metadataUrl(): string {
    return this.#embeddedUrl('tidegate');
  }

  get topicLogUrl(): string {
    return this.#embeddedUrl('tidegate_log');
  }

  /** Of the embedded PostgreSQL, as its administrator. */
  get administratorUrl(): string {
    return this.#embeddedUrl('postgres');
  }

  /** Of the execution API, for further workers. */
  get execution(): { executionUrl: string; workerToken: string } {
    const [scheduler = 0] = this.pidsOf('scheduler');
    const [port = 0] = listeningPortsOf(scheduler);
    const workerToken = String(this.#readJson('secrets.json')['workerToken']);
    return { executionUrl: `http://127.0.0.1:${port}`, workerToken };
  }

  get warehouseUrl(): string {
    return `postgres://dwuser:dwpassword@127.0.0.1:${this.portOf('postgres')}/bankdw`;
  }

  /** As its administrator. */
  get sourceUrl(): string {
    return `mysql://root@127.0.0.1:${this.portOf('mysql')}/bankdb`;
  }

  /** What it said and logged, the end of it, also once it is gone: for the reader of a failed test. */
  get story(): string {
    if (this.#storyAtEnd !== undefined) return this.#storyAtEnd;
    const logs = ['tidegate.log', 'mysql.log', 'postgres.log'].map((file) => {
      const place = path.join(this.home, 'logs', file);
      const text = existsSync(place) ? readFileSync(place, 'utf8') : '';
      return `--- ${file}\n${text.slice(-8_000)}`;
    });
    return [this.output.slice(-8_000), ...logs].join('\n');
  }

  /** Ids of the processes of a part, none while it is being started again. */
  pidsOf(part: Part): number[] {
    return descendantsOf(this.pid)
      .filter(({ command }) => command.includes(PARTS[part]))
      .map(({ pid }) => pid);
  }

  /** kill -9 of a part as soon as it runs. Answers the ids that died. */
  async kill(part: Part): Promise<number[]> {
    const pids = await until(`a process of ${part}`, () => {
      const found = this.pidsOf(part);
      return found.length > 0 ? found : undefined;
    });
    for (const pid of pids) signal(pid, 'SIGKILL');
    return pids;
  }

  /** SIGSTOP of a part for so long, with all its children. */
  async standStill(part: Part, forMs: number): Promise<void> {
    const all = new Set(this.pidsOf(part).flatMap(treeOf));
    for (const pid of all) signal(pid, 'SIGSTOP');
    await delay(forMs);
    for (const pid of all) signal(pid, 'SIGCONT');
  }

  /** kill -9 of everything at once, servers too: what a power failure leaves. */
  async killAll(): Promise<void> {
    const all = treeOf(this.pid);
    for (const pid of all) signal(pid, 'SIGKILL');
    await until('everything to be gone', () => (all.some(isAlive) ? undefined : true));
  }

  /** As ctrl-C; resolves when it is gone. */
  async stop(): Promise<void> {
    signal(this.pid, 'SIGTERM');
    await until('it to stop', () => (this.#child === undefined ? true : undefined), 60_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#storyAtEnd = this.story;
    if (this.#child !== undefined) {
      await this.stop().catch(() => undefined);
      await this.killAll();
    }
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** Each embedded database belongs to the role of its name. */
  #embeddedUrl(name: string): string {
    const password = encodeURIComponent(String(this.#readJson('secrets.json')['postgresPassword']));
    return `postgres://${name}:${password}@127.0.0.1:${this.portOf('postgres')}/${name}`;
  }

  #readJson(file: string): Record<string, unknown> {
    return JSON.parse(readFileSync(path.join(this.home, file), 'utf8')) as Record<string, unknown>;
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, name);
  } catch {
    // Gone already.
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.startsWith('Z') === false;
  } catch {
    return false;
  }
}
