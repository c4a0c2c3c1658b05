import { mkdirSync } from 'node:fs';
import { access, rename, rm, writeFile } from 'node:fs/promises';

import { TidegateError } from '@tidegate/engine/platform';

import { hashBundle } from '../../bundle/load-bundle.ts';
import { EngineCallError, WORKER_ERRORS } from '../errors.ts';
import { fetchedBundlePath } from '../process/bundle-path.ts';
import { delay } from './retry.ts';

/** Bundles on this machine, by content hash. Task processes read them; only the supervisor fetches them. */
export interface BundleStore {
  /** `undefined`: it is there. Else resolves when it is. */
  ensure(hash: string): Promise<void> | undefined;
}

export interface BundleStoreOptions {
  readonly folder: string;
  readonly fetch: (hash: string) => Promise<Buffer>;
  readonly signal: AbortSignal;
}

export function createBundleStore(options: BundleStoreOptions): BundleStore {
  const present = new Set<string>();
  const coming = new Map<string, Promise<void>>();
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  return {
    ensure: (hash) => {
      if (present.has(hash)) return undefined;
      let fetched = coming.get(hash);
      if (fetched === undefined) {
        fetched = obtain(hash, options)
          .then(() => void present.add(hash))
          .finally(() => coming.delete(hash));
        coming.set(hash, fetched);
      }
      return fetched;
    },
  };
}

async function obtain(hash: string, options: BundleStoreOptions): Promise<void> {
  const file = fetchedBundlePath(options.folder, hash);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const bytes = await fetchThroughOutage(hash, options);
  if (hashBundle(bytes) !== hash) {
    throw new TidegateError(
      WORKER_ERRORS.bundleDamaged,
      `the bundle fetched as ${hash} has other bytes (${bytes.length} of them); the retry fetches it again`,
    );
  }
  // Renamed into place: a file under its own name is always whole.
  const partial = `${file}.${process.pid}.part`;
  try {
    await writeFile(partial, bytes, { mode: 0o600 });
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

async function fetchThroughOutage(hash: string, options: BundleStoreOptions): Promise<Buffer> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await options.fetch(hash);
    } catch (err) {
      const isOutage = err instanceof EngineCallError && err.retriable;
      if (!isOutage || options.signal.aborted) throw err;
      await delay(attempt, options.signal);
    }
  }
}
