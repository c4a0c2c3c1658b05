import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { RegisteredFile, RegisterRequest } from '@tidegate/engine/execution-contract';
import { silentLogger } from '@tidegate/engine/platform';

import { hashBundle } from './load-bundle.ts';
import { startRegistration, type Registration } from './start-registration.ts';

const HEAD = `import { defineDag } from '@tidegate/engine/dag';\n`;
const dag = (id: string, task = 'a'): string =>
  `${HEAD}export const one = defineDag({ id: '${id}' }, ({ task }) => { task('${task}', () => 1); });\n`;

/** Plays the engine's side of the contract: keeps what was put, refuses what is damaged. */
class RecordingEngine {
  readonly requests: RegisterRequest[] = [];
  readonly artefacts = new Map<string, string>();
  readonly #server: Server;
  /** What its database knows, on which timeline. */
  known: RegisteredFile[] = [];
  timeline: string | null = '00000001';
  isDown = false;
  refused = 0;
  url = '';

  constructor() {
    this.#server = createServer((request, response) => {
      const list = JSON.stringify({ timeline: this.timeline, files: this.known });
      const answered =
        request.method === 'GET' ? Promise.resolve(list) : this.#answer(request.url ?? '', request);
      void answered.then((body) => {
        response.statusCode = this.isDown ? 503 : 200;
        response.end(body);
      });
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  last(file: string): RegisterRequest | undefined {
    return this.requests.filter((request) => request.file === file).at(-1);
  }

  async #answer(url: string, body: AsyncIterable<Buffer>): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    if (this.isDown) {
      this.refused += 1;
      return 'starting';
    }
    if (url.startsWith('/execution/artefact/')) {
      this.artefacts.set(url.split('/').at(-1) ?? '', text);
      return '';
    }
    const request = JSON.parse(text) as RegisterRequest;
    this.requests.push(request);
    const dags = request.dags.map(({ serialized }) => ({
      ...{ id: serialized.id, version: 1, isNew: true },
    }));
    return JSON.stringify({ dags, error: request.error });
  }
}

let folder = '';
let engine: RecordingEngine;
let registration: Registration | undefined;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'tidegate-reg-')));
  engine = new RecordingEngine();
  await engine.start();
});
afterEach(async () => {
  await registration?.stop();
  engine.stop();
  await rm(folder, { recursive: true });
});

async function save(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), text);
}

function start(options: { stateFile?: string; timeoutMs?: number } = {}): Registration {
  const { stateFile, timeoutMs } = options;
  registration = startRegistration({
    folders: [folder],
    executionUrl: engine.url,
    workerToken: 'token',
    log: silentLogger,
    rescanMs: 500,
    compareMs: 20,
    limits: timeoutMs === undefined ? {} : { timeoutMs },
    ...(stateFile === undefined ? {} : { stateFile }),
  });
  return registration;
}

async function until(what: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<number> {
  const startedAt = performance.now();
  while (!(await what())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`not within ${withinMs} ms`);
    await wait(10);
  }
  return performance.now() - startedAt;
}

it('registers every DAG file, with its bundle stored before, and says when it is ready', async () => {
  await save('a/dag.ts', dag('a'));
  await save('b/hourly.dag.ts', dag('b'));
  await save('b/other.ts', 'throw new Error("not a DAG file");');
  await save('node_modules/x/dag.ts', 'throw new Error("not ours");');
  await start().ready;
  expect(engine.requests.map(({ file }) => file).sort()).toEqual(['a/dag.ts', 'b/hourly.dag.ts']);
  const [registered] = engine.last('a/dag.ts')?.dags ?? [];
  expect(registered?.serialized.id).toBe('a');
  expect(registered?.bundle.exportName).toBe('one');
  expect(registered?.source).toBe(dag('a'));
  const text = engine.artefacts.get(registered?.bundle.hash ?? '');
  expect(hashBundle(text ?? '')).toBe(registered?.bundle.hash);
});

it('registers a saved file within 2 s, also through what it imports, and leaves others alone', async () => {
  await save('a/dag.ts', `import { id } from './id.ts';\n${dag('a').replace(`'a' }`, 'id }')}`);
  await save('a/id.ts', `export const id = 'before';`);
  await save('b/dag.ts', dag('b'));
  await start().ready;
  await save('a/id.ts', `export const id = 'after';`);
  const ms = await until(() => engine.last('a/dag.ts')?.dags[0]?.serialized.id === 'after');
  expect(ms).toBeLessThan(2_000);
  await save('b/dag.ts', dag('b'));
  await save('c/dag.ts', dag('c'));
  await until(() => engine.last('c/dag.ts') !== undefined);
  expect(engine.requests.filter(({ file }) => file === 'b/dag.ts')).toHaveLength(1);
});

it('reports a broken file with its line and a code frame, and its mending', async () => {
  await save('a/dag.ts', `${HEAD}\nconst = 3;\n`);
  await start().ready;
  expect(engine.last('a/dag.ts')).toMatchObject({
    dags: [],
    error: { code: 'DAG_SYNTAX', line: 3, column: 7 },
  });
  expect(engine.last('a/dag.ts')?.error?.codeFrame).toContain('> 3 | const = 3;');
  await save('a/dag.ts', dag('a'));
  await until(() => engine.last('a/dag.ts')?.error === null);
  expect(engine.last('a/dag.ts')?.dags).toHaveLength(1);
});

it('does not let an endless loop delay others, nor its own mending', async () => {
  await save('loop/dag.ts', `${HEAD}for (;;) {}`);
  await save('a/dag.ts', dag('a'));
  start({ timeoutMs: 30_000 });
  await until(() => engine.last('a/dag.ts') !== undefined);
  await save('loop/dag.ts', dag('loop'));
  const ms = await until(() => engine.last('loop/dag.ts')?.dags.length === 1);
  expect(ms).toBeLessThan(3_000);
});

it('takes a deleted file off, and gives its id to the file that waited for it', async () => {
  await save('a/dag.ts', dag('same'));
  await start().ready;
  await save('b/dag.ts', dag('same'));
  await until(() => engine.last('b/dag.ts') !== undefined);
  const error = engine.last('b/dag.ts')?.error;
  expect(error?.code).toBe('DUPLICATE_DAG_ID');
  expect(error?.message).toMatch(/b\/dag\.ts .* a\/dag\.ts/);
  await rm(join(folder, 'a/dag.ts'));
  await until(() => engine.last('b/dag.ts')?.error === null);
  expect(engine.last('a/dag.ts')).toEqual({ file: 'a/dag.ts', dags: [], error: null });
});

it('takes off what was deleted while it did not run', async () => {
  const stateFile = join(folder, '.state/files.json');
  await save('a/dag.ts', dag('a'));
  await save('b/dag.ts', dag('b'));
  await start({ stateFile }).ready;
  await registration?.stop();
  await rm(join(folder, 'a'), { recursive: true });
  await start({ stateFile }).ready;
  await until(() => engine.last('a/dag.ts')?.dags.length === 0);
  // Written once the engine has answered.
  await until(async () => (await readFile(stateFile, 'utf8')) === '["b/dag.ts"]');
});

describe('after a failover of the metadata database', () => {
  const known = (file: string, version: number): RegisteredFile => ({
    ...{ file, dags: [{ id: file.split('/')[0] ?? '', version }], error: null },
  });
  const countOf = (file: string): number =>
    engine.requests.filter((request) => request.file === file).length;

  beforeEach(async () => {
    for (const id of ['kept', 'lost', 'older', 'gone']) await save(`${id}/dag.ts`, dag(id));
    for (const id of ['broken', 'unmended']) await save(`${id}/dag.ts`, `${HEAD}export const`);
    await start().ready;
    await rm(join(folder, 'gone'), { recursive: true });
    await until(() => countOf('gone/dag.ts') === 2);
    const broken = { file: 'broken/dag.ts', dags: [], error: engine.last('broken/dag.ts')?.error };
    engine.known = [
      ...[known('kept/dag.ts', 1), known('older/dag.ts', 0), known('gone/dag.ts', 1)],
      { ...broken, error: broken.error?.code ?? null },
    ];
    engine.requests.length = 0;
    engine.artefacts.clear();
  });

  it('registers what it has lost, with its bundles, and nothing else', async () => {
    engine.timeline = '00000002';
    const lost = ['gone/dag.ts', 'lost/dag.ts', 'older/dag.ts', 'unmended/dag.ts'];
    await until(() => lost.every((file) => countOf(file) === 1));
    expect(engine.last('gone/dag.ts')?.dags).toEqual([]);
    expect(engine.artefacts.size).toBe(2);
    await wait(100);
    expect(engine.requests.map(({ file }) => file).toSorted()).toEqual(lost);
    expect(engine.last('unmended/dag.ts')?.error?.code).toBe(engine.known[3]?.error);
  });

  it.each(['00000001', null])('leaves all as it is while the timeline is %s', async (timeline) => {
    engine.timeline = timeline;
    await wait(150);
    expect(engine.requests).toEqual([]);
  });
});

it('waits for an engine that is not there yet', async () => {
  engine.isDown = true;
  await save('a/dag.ts', dag('a'));
  let isReady = false;
  void start().ready.then(() => (isReady = true));
  await until(() => engine.refused >= 3);
  expect(isReady).toBe(false);
  engine.isDown = false;
  await until(() => isReady);
  expect(engine.last('a/dag.ts')?.dags).toHaveLength(1);
});

it('follows links inside of the folder, ends in circles, refuses what leads out', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'tidegate-out-'));
  await writeFile(join(outside, 'dag.ts'), dag('outside'));
  await save('real/dag.ts', dag('a'));
  await symlink(folder, join(folder, 'real/again'));
  await symlink(join(outside, 'dag.ts'), join(folder, 'out.dag.ts'));
  await start().ready;
  expect(engine.requests.map(({ file, error }) => [file, error?.code]).sort()).toEqual([
    ['out.dag.ts', 'FILE_UNREADABLE'],
    ['real/dag.ts', undefined],
  ]);
  await rm(outside, { recursive: true });
});

it('writes a tsconfig for editors once, never over the author’s', async () => {
  await start().ready;
  const config = JSON.parse(await readFile(join(folder, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: { paths: Record<string, string[]> };
  };
  const [types = ''] = config.compilerOptions.paths['@tidegate/engine/dag'] ?? [];
  expect(await readFile(types, 'utf8')).toContain('defineDag');
  await registration?.stop();
  await writeFile(join(folder, 'tsconfig.json'), '{}');
  await start().ready;
  expect(await readFile(join(folder, 'tsconfig.json'), 'utf8')).toBe('{}');
});
