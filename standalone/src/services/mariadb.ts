import { execFile } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import mysql from 'mysql2/promise';

import { ServiceError } from './errors.ts';
import { findFreePort } from './free-port.ts';
import {
  asServiceUser,
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
  /** Path of `mariadbd` or `mysqld`. (Default: the installed one) */
  readonly program?: string;
  /** (Default: a free one) */
  readonly port?: number;
  /** (Default: 1) */
  readonly serverId?: number;
  /** More of the server's options, `--name=value`; they win over ours. */
  readonly settings?: readonly string[];
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
  const program = options.program ?? findMysqlProgram();
  if (program === undefined) {
    throw new ServiceError(
      'SERVICE_NOT_FOUND',
      'no MariaDB or MySQL server is installed (Debian: mariadb-server)',
    );
  }
  const product = await productOf(program);
  if (!existsSync(path.join(options.dataFolder, 'mysql')))
    await initialize(program, product, options.dataFolder);
  if (product === 'MySQL') writeFileSync(accountsFile(options), ACCOUNTS);
  const port = options.port ?? (await findFreePort());
  const url = `mysql://root@127.0.0.1:${port}`;
  let version = '';
  const server = await startServer({
    name: product,
    command: program,
    args: [...serverArguments(options, port, product), ...(options.settings ?? [])],
    logFile: options.logFile,
    unprivileged: true,
    probe: async () => {
      version = await askVersion(url);
    },
  });
  return { ...server, url, port, version };
}

type Product = 'MariaDB' | 'MySQL';

/** MariaDB goes by the name `mysqld` too: that one is asked. */
async function productOf(program: string): Promise<Product> {
  if (path.basename(program) === 'mariadbd') return 'MariaDB';
  const { stdout } = await run(program, ['--version']);
  return stdout.includes('MariaDB') ? 'MariaDB' : 'MySQL';
}

/** MySQL makes an administrator for its socket alone; MariaDB's installer makes one for 127.0.0.1 too. */
const ACCOUNTS = `set sql_log_bin = 0;
create user if not exists root@'127.0.0.1';
grant all on *.* to root@'127.0.0.1' with grant option;
`;

function accountsFile({ dataFolder }: MysqlOptions): string {
  return path.join(dataFolder, 'accounts.sql');
}

function serverArguments(options: MysqlOptions, port: number, product: Product): string[] {
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
    // Its second protocol would want a port of its own.
    ...(product === 'MySQL' ? ['--mysqlx=OFF', `--init-file=${accountsFile(options)}`] : []),
  ];
}

/** Made beside its place and moved there when whole: a kill in between leaves nothing that looks ready. */
async function initialize(program: string, product: Product, place: string): Promise<void> {
  const dataFolder = `${place}.new`;
  rmSync(dataFolder, { recursive: true, force: true });
  makeDataFolder(dataFolder);
  const installer =
    product === 'MariaDB' ? findProgram(['mariadb-install-db', 'mysql_install_db']) : undefined;
  const [command, args] = asServiceUser(installer ?? program, [
    '--no-defaults',
    `--datadir=${dataFolder}`,
    ...(installer === undefined
      ? ['--initialize-insecure']
      : ['--auth-root-authentication-method=normal', '--skip-test-db']),
  ]);
  try {
    await run(command, args);
    renameSync(dataFolder, place);
  } catch (error) {
    throw new ServiceError('SERVICE_NOT_STARTED', `${product} could not make its data folder`, {
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
