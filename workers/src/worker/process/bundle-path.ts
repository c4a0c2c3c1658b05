import { join } from 'node:path';

import { TidegateError } from '@tidegate/engine/platform';

import { WORKER_ERRORS } from '../errors.ts';

/** Where the supervisor puts a bundle as it was fetched, and task processes take it from. */
export function fetchedBundlePath(folder: string, hash: string): string {
  // It becomes part of a path, and comes from outside.
  if (!/^[0-9a-f]{64}$/.test(hash)) {
    throw new TidegateError(WORKER_ERRORS.bundleDamaged, `'${hash}' is no bundle hash`);
  }
  return join(folder, `${hash}.bundle`);
}
