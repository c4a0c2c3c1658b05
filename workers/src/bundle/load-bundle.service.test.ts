import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { bundleFile, type BundledFile } from './bundle-file.ts';
import { prepareBundle } from './load-bundle.ts';

const run = promisify(execFile);
let folder = '';

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'tidegate-load-')));
});
afterEach(() => rm(folder, { recursive: true }));

/** A DAG far from the product: nothing of it can be resolved from where it lies. */
async function makeBundle(): Promise<BundledFile> {
  await mkdir(join(folder, 'dags'));
  await writeFile(
    join(folder, 'dags/dag.ts'),
    `import { z } from 'zod';
import { defineDag, FailTask } from '@tidegate/engine/dag';
export const one = defineDag({ id: 'one', params: z.object({ n: z.number().default(2) }) }, ({ task }) => {
  task('double', ({ params }) => 2 * params.n);
  task('boom', () => {
    throw new FailTask('no use');
  });
});`,
  );
  const result = await bundleFile(join(folder, 'dags/dag.ts'), join(folder, 'dags'));
  if (result.kind === 'failed') throw new Error(result.fault.message);
  return result.bundle;
}

const fetchOf = (bundle: BundledFile) => () => Promise.resolve(Buffer.from(bundle.text));

it('loads a bundle in another process, with the product of that process and the author’s lines', async () => {
  const bundle = await makeBundle();
  const path = await prepareBundle(bundle.hash, fetchOf(bundle), join(folder, 'cache'));
  const dag = fileURLToPath(new URL('../../../engine/src/dag/index.ts', import.meta.url));
  const script = `
    import { findTask, invokeTask } from ${JSON.stringify(pathToFileURL(dag).href)};
    const module = await import(${JSON.stringify(pathToFileURL(path).href)});
    const context = { params: {}, signal: new AbortController().signal };
    for (const id of ['double', 'boom']) {
      console.log(JSON.stringify(await invokeTask(findTask(module, 'one', id), context)));
    }`;
  const { stdout } = await run(process.execPath, [
    ...['--conditions=source', '--import', 'tsx', '--enable-source-maps'],
    ...['--input-type=module', '-e', script],
  ]);
  const [double, boom] = stdout.trim().split('\n');
  expect(JSON.parse(double ?? '')).toEqual({ kind: 'success', output: 4 });
  const outcome = JSON.parse(boom ?? '') as { retriable: boolean; error: { stack: string } };
  expect(outcome).toMatchObject({ kind: 'failed', retriable: false });
  expect(outcome.error.stack).toContain('dag.ts:6:11');
});

it('fetches a bundle once, and leaves whole files only', async () => {
  const bundle = await makeBundle();
  let fetched = 0;
  const fetch = (): Promise<Uint8Array> => {
    fetched += 1;
    return fetchOf(bundle)();
  };
  const cache = join(folder, 'cache');
  await Promise.all([1, 2, 3].map(() => prepareBundle(bundle.hash, fetch, cache)));
  const before = fetched;
  await prepareBundle(bundle.hash, fetch, cache);
  expect(fetched).toBe(before);
  expect(await readdir(cache)).toEqual([`${bundle.hash}.mjs`]);
});

it('refuses bytes that are not the bundle asked for', async () => {
  const bundle = await makeBundle();
  const damaged = { ...bundle, text: `${bundle.text} ` };
  const loading = prepareBundle(bundle.hash, fetchOf(damaged), join(folder, 'cache'));
  await expect(loading).rejects.toMatchObject({ code: 'BUNDLE_DAMAGED', retriable: true });
});

it('links again for a product that has moved', async () => {
  const bundle = await makeBundle();
  const cache = join(folder, 'cache');
  await mkdir(cache);
  const stale = `${bundle.text}\n// linked for elsewhere\n`;
  await writeFile(join(cache, `${bundle.hash}.mjs`), stale);
  let fetched = 0;
  await prepareBundle(
    bundle.hash,
    () => {
      fetched += 1;
      return fetchOf(bundle)();
    },
    cache,
  );
  expect(fetched).toBe(1);
});
