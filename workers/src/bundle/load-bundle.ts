import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { bundleError } from './errors.ts';
import { linkBundle, productPlace } from './product-modules.ts';

export type BundleModule = Readonly<Record<string, unknown>>;

/** Gets a bundle's bytes by its hash, usually from the execution API. */
export type FetchArtefact = (hash: string) => Promise<Uint8Array>;

/**
 * Makes a bundle importable: `<cacheDir>/<hash>.mjs`, fetched unless it is there. Answers the file's path. Safe
 * to call at once from several processes: the file appears whole or not at all.
 */
export async function prepareBundle(
  hash: string,
  fetchArtefact: FetchArtefact,
  cacheDir: string,
): Promise<string> {
  const path = join(cacheDir, `${hash}.mjs`);
  // At the end: a line at the head would shift every line of the source map.
  const mark = `\n// linked for ${productPlace()}\n`;
  if (await endsWith(path, mark)) return path;
  const bytes = await fetchArtefact(hash);
  if (hashBundle(bytes) !== hash) {
    throw bundleError(
      'BUNDLE_DAMAGED',
      `the bundle fetched as ${hash} has other bytes (${bytes.length} of them); it will be fetched again`,
      { retriable: true },
    );
  }
  await mkdir(cacheDir, { recursive: true });
  const draft = join(cacheDir, `.${hash}.${randomUUID()}`);
  await writeFile(draft, linkBundle(Buffer.from(bytes).toString('utf8')) + mark);
  await rename(draft, path);
  return path;
}

/** The module of a bundle, evaluated once a process. */
export async function loadBundle(
  hash: string,
  fetchArtefact: FetchArtefact,
  cacheDir: string,
): Promise<BundleModule> {
  const path = await prepareBundle(hash, fetchArtefact, cacheDir);
  return (await import(pathToFileURL(path).href)) as BundleModule;
}

/** Names a bundle by its content. */
export function hashBundle(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function endsWith(path: string, mark: string): Promise<boolean> {
  try {
    return (await readFile(path, 'utf8')).endsWith(mark);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
