import { execFile } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import mysql from 'mysql2/promise';

import { ServiceError } from './errors.ts';
import {
  asServiceUser,
  findFreePort,
  findProgram,
  makeDataFolder,
  type ServerProcess,
  startServer,
} from './server-process.ts';

const run = promisify(execFile);

/** Debian keeps the server outside an ordinary user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/usr/local/mysql/bin'];

export interface MysqlOptions {
  readonly dataFolder: string;
  readonly logFile: string;
  /** (Default: a free one) */
  readonly port?: number;
  /** (Default: 1) */
  readonly serverId?: number;
}

export interface MysqlServer extends ServerProcess {
  /** Administrator URL without a database. */
  readonly url: string;
  readonly port: number;
  readonly version: string;
}

/** The installed `mariadbd` or `mysqld`, if any. */
export function findMysqlProgram(): string | undefined {
  return findProgram(['mariadbd', 'mysqld'], SERVER_FOLDERS);
}

/** Starts a private MariaDB or MySQL with its row binlog on, making its data folder first where there is none. */
export async function startMysql(options: MysqlOptions): Promise<MysqlServer> {
  const program = findMysqlProgram();
  if (program === undefined) {
    throw new ServiceError(
      'SERVICE_NOT_FOUND',
      'no MariaDB or MySQL server is installed (Debian: mariadb-server)',
    );
  }
  if (!existsSync(path.join(options.dataFolder, 'mysql')))
    await initialize(program, options.dataFolder);
  const port = options.port ?? (await findFreePort());
  const url = `mysql://root@127.0.0.1:${port}`;
  let version = '';
  const server = await startServer({
    name: 'MariaDB',
    command: program,
    args: serverArguments(options, port),
    logFile: options.logFile,
    unprivileged: true,
    probe: async () => {
      version = await askVersion(url);
    },
  });
  return { ...server, url, port, version };
}

function serverArguments(options: MysqlOptions, port: number): string[] {
  return [
    '--no-defaults',
    `--datadir=${options.dataFolder}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${path.join(options.dataFolder, 's')}`,
    `--pid-file=${path.join(options.dataFolder, 'server.pid')}`,
    // Older servers default to latin1, which cannot hold most names.
    '--character-set-server=utf8mb4',
    '--log-bin=binlog',
    '--binlog-format=ROW',
    '--binlog-row-image=FULL',
    '--binlog-row-metadata=FULL',
    `--server-id=${options.serverId ?? 1}`,
    '--skip-name-resolve',
    '--performance-schema=OFF',
  ];
}

/** Made beside its place and moved there when whole: a kill in between leaves nothing that looks ready. */
async function initialize(program: string, place: string): Promise<void> {
  const dataFolder = `${place}.new`;
  rmSync(dataFolder, { recursive: true, force: true });
  makeDataFolder(dataFolder);
  const installer = findProgram(['mariadb-install-db', 'mysql_install_db']);
  const [command, args] =
    installer === undefined
      ? asServiceUser(program, [
          '--no-defaults',
          '--initialize-insecure',
          `--datadir=${dataFolder}`,
        ])
      : asServiceUser(installer, [
          '--no-defaults',
          `--datadir=${dataFolder}`,
          '--auth-root-authentication-method=normal',
          '--skip-test-db',
        ]);
  try {
    await run(command, args);
    renameSync(dataFolder, place);
  } catch (error) {
    throw new ServiceError('SERVICE_NOT_STARTED', 'MariaDB could not make its data folder', {
      cause: error,
    });
  }
}

async function askVersion(url: string): Promise<string> {
  const connection = await mysql.createConnection({ uri: url, connectTimeout: 2_000 });
  try {
    const [rows] = await connection.query('select version() as version');
    return String((rows as { version: string }[])[0]?.version);
  } finally {
    connection.destroy();
  }
}
