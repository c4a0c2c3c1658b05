import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DEFAULT_LIMITS, evaluateFile, type Evaluation } from './evaluate-file.ts';
import type { Fault } from './fault.ts';

const HEAD = `import { defineDag, every } from '@tidegate/engine/dag';\n`;
const DAG = `export const one = defineDag({ id: 'one' }, ({ task }) => { task('a', () => 1); });\n`;

let folder = '';
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'tidegate-dags-')));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, text: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

const limits = { ...DEFAULT_LIMITS, timeoutMs: 20_000 };

async function evaluate(name: string, text: string | Buffer, own = {}): Promise<Evaluation> {
  const path = await write(name, text);
  return evaluateFile({ path, folder }, { ...limits, ...own });
}

async function faultOf(name: string, text: string | Buffer, own = {}): Promise<Fault> {
  const { result } = await evaluate(name, text, own);
  if (result.kind !== 'failed') throw new Error('the file was accepted');
  return result.fault;
}

describe('a good file', { timeout: 60_000 }, () => {
  it('gives its DAGs, named by export, with everything imported in one bundle', async () => {
    await write('good/transform.ts', `export const label: string = 'a task of its own';`);
    const path = await write(
      'good/dag.ts',
      `${HEAD}import { z } from 'zod';\nimport { label } from './transform.ts';\n` +
        `export const one = defineDag({ id: 'one', params: z.object({ n: z.number().default(1) }) },` +
        ` ({ task }) => { task('a', () => label); });\nexport const helper = 1;\n`,
    );
    const { inputs, result } = await evaluateFile({ path, folder }, limits);
    if (result.kind !== 'evaluated') throw new Error(JSON.stringify(result));
    expect(result.dags.map(({ exportName, serialized }) => [exportName, serialized.id])).toEqual([
      ['one', 'one'],
    ]);
    expect(result.dags[0]?.serialized.paramsSchema).toMatchObject({ type: 'object' });
    expect(result.bundle.text).toContain('a task of its own');
    expect(result.bundle.text).toContain('tidegate-external:zod');
    expect(result.bundle.text).not.toContain('node_modules/zod');
    expect(inputs).toEqual([path, join(folder, 'good/transform.ts')]);
  });

  it('gives equal bytes for equal sources, wherever the folder lies', async () => {
    const [a, b] = [join(folder, 'here'), join(folder, 'else/where')];
    await write('here/x/dag.ts', HEAD + DAG);
    await write('else/where/x/dag.ts', HEAD + DAG);
    const [first, second] = await Promise.all(
      [a, b].map((root) => evaluateFile({ path: join(root, 'x/dag.ts'), folder: root }, limits)),
    );
    expect(first?.result.kind).toBe('evaluated');
    expect(first?.result).toEqual(second?.result);
  });

  it('lets npm code in CommonJS require built-ins and zod', async () => {
    await write('node_modules/old/package.json', '{ "name": "old", "main": "index.js" }');
    await write(
      'node_modules/old/index.js',
      `const { z } = require('zod'); const path = require('path');\n` +
        `exports.name = path.basename('/x/' + z.string().parse('from_cjs'));`,
    );
    const { result } = await evaluate(
      'cjs/dag.ts',
      `${HEAD}import { name } from 'old';\nexport const d = defineDag({ id: name }, () => undefined);`,
    );
    if (result.kind !== 'evaluated') throw new Error(JSON.stringify(result));
    expect(result.dags[0]?.serialized.id).toBe('from_cjs');
  });
});

describe('a bad file is an import error', { timeout: 60_000 }, () => {
  it('syntax: with its place', async () => {
    const fault = await faultOf('syntax/dag.ts', `${HEAD}\nconst = 3;\n`);
    expect(fault).toMatchObject({ code: 'DAG_SYNTAX', file: 'syntax/dag.ts', line: 3, column: 7 });
  });

  it('an import that leads nowhere', async () => {
    const fault = await faultOf('missing/dag.ts', `import 'not-installed';\n${HEAD}${DAG}`);
    expect(fault).toMatchObject({ code: 'IMPORT_UNRESOLVED', line: 1 });
    expect(fault.message).toContain('not-installed');
  });

  it('a part of the product DAG files may not use', async () => {
    const fault = await faultOf('forbidden/dag.ts', `import '@tidegate/engine/server';\n`);
    expect(fault).toMatchObject({ code: 'IMPORT_FORBIDDEN', line: 1 });
  });

  it('a native module, by name', async () => {
    await write('node_modules/@fast/hash/package.json', '{ "name": "@fast/hash", "main": "i.js" }');
    await write('node_modules/@fast/hash/i.js', `module.exports = require('./build/hash.node');`);
    const fault = await faultOf('native/dag.ts', `import hash from '@fast/hash';\nhash();`);
    expect(fault.code).toBe('NATIVE_MODULE');
    expect(fault.message).toContain(`'@fast/hash' has compiled code`);
  });

  it('a fault the authoring API finds: with its code and its line in the file it is in', async () => {
    await write(
      'cycle/graph.ts',
      `${HEAD}\nexport const one = defineDag({ id: 'one' }, ({ task }) => {\n` +
        `  const a = task('a', () => 1);\n  task('b', () => 1, { after: [a], before: [a] });\n});\n`,
    );
    const fault = await faultOf('cycle/dag.ts', `export { one } from './graph.ts';`);
    expect(fault).toMatchObject({ code: 'CYCLE', file: 'cycle/graph.ts', line: 3 });
    expect(fault.message).toContain('a → b → a');
  });

  it('what is not built yet: at the line of the DAG', async () => {
    const fault = await faultOf(
      'later/dag.ts',
      `${HEAD}\n\nexport const one = defineDag({ id: 'one', onFailure: [() => undefined] }, () => undefined);`,
    );
    expect(fault).toMatchObject({ code: 'NOT_BUILT_YET', file: 'later/dag.ts', line: 4 });
    expect(fault.message).toContain(`onFailure (DAG 'one')`);
  });

  it('a throw: with its place', async () => {
    const fault = await faultOf('throw/dag.ts', `${HEAD}\nthrow new TypeError('no luck');\n`);
    expect(fault).toMatchObject({ code: 'DAG_EVALUATION_FAILED', file: 'throw/dag.ts', line: 3 });
    expect(fault.message).toContain('TypeError: no luck');
  });

  it('a throw of undefined', async () => {
    const fault = await faultOf('undefined/dag.ts', `${HEAD}throw undefined;`);
    expect(fault.code).toBe('DAG_EVALUATION_FAILED');
    expect(fault.message).toContain('undefined, which is no Error');
  });

  it('process.exit: with its place', async () => {
    const fault = await faultOf('exit/dag.ts', `${HEAD}process.exit(0);\n${DAG}`);
    expect(fault).toMatchObject({ code: 'DAG_EXITED', file: 'exit/dag.ts', line: 2 });
  });

  it('an end by other means', async () => {
    const fault = await faultOf('kill/dag.ts', `${HEAD}process.kill(process.pid, 'SIGKILL');`);
    expect(fault.code).toBe('DAG_EXITED');
    expect(fault.message).toContain('SIGKILL');
  });

  it('an endless loop, and an await without end', async () => {
    const loop = faultOf('loop/dag.ts', `${HEAD}for (;;) {}`, { timeoutMs: 3_000 });
    const wait = faultOf('wait/dag.ts', `await new Promise((r) => setTimeout(r, 1e9));`, {
      timeoutMs: 3_000,
    });
    expect((await loop).code).toBe('DAG_TIMEOUT');
    expect((await wait).code).toBe('DAG_TIMEOUT');
  });

  it('8 GB of objects, and 8 GB of buffers', async () => {
    const memoryBytes = 400 * 1_048_576;
    const objects = await faultOf(
      'heap/dag.ts',
      `const all = []; for (;;) all.push(new Array(1e5).fill(all.length));`,
      { memoryBytes },
    );
    const buffers = await faultOf(
      'buffers/dag.ts',
      `const all = []; for (let i = 0; i < 8e3; i++) all.push(Buffer.alloc(1e6, 1));`,
      { memoryBytes },
    );
    expect([objects.code, buffers.code]).toEqual(['DAG_OUT_OF_MEMORY', 'DAG_OUT_OF_MEMORY']);
  });

  it('100 MB printed', async () => {
    const fault = await faultOf(
      'print/dag.ts',
      `const line = 'x'.repeat(1e6);\nfor (let i = 0; i < 100; i++) console.log(line);\n${HEAD}${DAG}`,
    );
    expect(fault.code).toBe('DAG_OUTPUT_FLOOD');
  });

  it('handles left open: by kind', async () => {
    const fault = await faultOf('handles/dag.ts', `${HEAD}${DAG}setInterval(() => {}, 1000);`);
    expect(fault).toMatchObject({ code: 'DAG_LEAVES_HANDLES' });
    expect(fault.message).toContain('timer');
  });

  it('a graph made from the clock or from chance: with the place that differs', async () => {
    const clock = await faultOf(
      'clock/dag.ts',
      `${HEAD}const day = new Date().getUTCDate();\n` +
        'export const one = defineDag({ id: `one` }, ({ task }) => { task(`day_${day}`, () => 1); });',
    );
    const chance = await faultOf(
      'chance/dag.ts',
      `${HEAD}export const one = defineDag({ id: 'one' }, ({ task }) => {` +
        ' task(`t${Math.random()}`.slice(0, 8), () => 1); });',
    );
    expect(clock.code).toBe('DAG_NOT_DETERMINISTIC');
    expect(clock.message).toContain('one.tasks[0].id');
    expect(chance.code).toBe('DAG_NOT_DETERMINISTIC');
  });

  it('no DAG, a default export only, two DAGs of one id', async () => {
    const none = await faultOf('none/dag.ts', `export const x = 1;`);
    const only = await faultOf(
      'default/dag.ts',
      `${HEAD}export default defineDag({ id: 'x' }, () => undefined);`,
    );
    const twins = await faultOf(
      'twins/dag.ts',
      `${HEAD}${DAG}export const two = defineDag({ id: 'one' }, () => undefined);`,
    );
    expect([none.code, only.code, twins.code]).toEqual([
      'NO_DAG_EXPORTED',
      'NO_DAG_EXPORTED',
      'DUPLICATE_DAG_ID',
    ]);
    expect(only.message).toContain('named exports');
  });

  it('text that is not UTF-8, and a file that is gone', async () => {
    const utf16 = await faultOf('utf16/dag.ts', Buffer.from(`\ufeff${HEAD}`, 'utf16le'));
    const gone = await evaluateFile({ path: join(folder, 'gone/dag.ts'), folder }, limits);
    expect(utf16.code).toBe('FILE_NOT_UTF8');
    expect(gone.result).toMatchObject({ kind: 'failed', fault: { code: 'FILE_UNREADABLE' } });
  });
});
