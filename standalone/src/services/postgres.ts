import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import pg from 'pg';

import { ServiceError } from './errors.ts';
import { findFreePort } from './free-port.ts';
import { findPostgresFolder, type PostgresBinaries } from './postgres-binaries.ts';
import {
  asServiceUser,
  makeDataFolder,
  type ServerProcess,
  startServer,
} from './server-process.ts';

const run = promisify(execFile);

export interface PostgresOptions {
  /** Cluster folder; made on first start, kept afterwards. */
  readonly dataFolder: string;
  readonly logFile: string;
  /** (Default: a free one) */
  readonly port?: number;
  /** Superuser `postgres`. Without one, loopback connections are trusted (tests only). */
  readonly password?: string;
  /** Extra settings, `name=value`. */
  readonly settings?: readonly string[];
  /** (Default: `packaged`) */
  readonly binaries?: PostgresBinaries;
}

export interface PostgresServer extends ServerProcess {
  /** Administrator URL of database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly version: string;
  /** Where its Unix socket lies; undefined where none may. A round trip over it takes two thirds of the time. */
  readonly socketFolder: string | undefined;
}

/** How long the processes of a server that was killed may take to go. */
const REMAINS_MS = 10_000;

/** Starts a private PostgreSQL on the loopback interface, making its cluster first where there is none. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const folder = findPostgresFolder(options.binaries ?? 'packaged');
  const { dataFolder } = options;
  if (!existsSync(path.join(dataFolder, 'PG_VERSION'))) await initialize(folder, options);
  const wasKilled = existsSync(path.join(dataFolder, 'postmaster.pid'));
  await stopOrphan(dataFolder);
  const deadline = Date.now() + (wasKilled ? REMAINS_MS : 0);
  for (;;) {
    try {
      return await startCluster(folder, options);
    } catch (error) {
      // It refuses to start while anything of its predecessor is left.
      if (Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}

async function startCluster(folder: string, options: PostgresOptions): Promise<PostgresServer> {
  const { dataFolder } = options;
  const port = options.port ?? (await findFreePort());
  const socketFolder = socketFolderOf(dataFolder);
  removeSockets(dataFolder);
  const settings = [
    `unix_socket_directories=${socketFolder === undefined ? '' : `"${socketFolder}"`}`,
    'listen_addresses=127.0.0.1',
    ...(options.settings ?? []),
  ];
  const password = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}`;
  const url = `postgres://postgres${password}@127.0.0.1:${port}/postgres`;
  let version = '';
  const server = await startServer({
    name: 'PostgreSQL',
    command: path.join(folder, 'postgres'),
    args: ['-D', dataFolder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    env: localeFree(),
    logFile: options.logFile,
    stopSignal: 'SIGINT',
    unprivileged: true,
    probe: async () => {
      version = await askVersion(url, dataFolder);
    },
  });
  return { ...server, url, port, version, socketFolder };
}

/** The longest path of a socket is 107 bytes on Linux, 103 on macOS. */
const LONGEST_SOCKET_FOLDER = 103 - '/.s.PGSQL.65535'.length;

/** The data folder itself, which is the server's own and nobody else's. */
function socketFolderOf(dataFolder: string): string | undefined {
  const folder = path.resolve(dataFolder);
  const isUsable = Buffer.byteLength(folder) <= LONGEST_SOCKET_FOLDER && !folder.includes('"');
  return isUsable && process.platform !== 'win32' ? folder : undefined;
}

/** What a killed server left: the id in its lock may be another program's by now. */
function removeSockets(dataFolder: string): void {
  for (const name of readdirSync(dataFolder)) {
    if (name.startsWith('.s.PGSQL.')) rmSync(path.join(dataFolder, name), { force: true });
  }
}

/** The same database over the server's Unix socket, where it has one. */
export function overSocket(url: string, { socketFolder, port }: PostgresServer): string {
  if (socketFolder === undefined) return url;
  return url.replace(`127.0.0.1:${port}`, `${encodeURIComponent(socketFolder)}:${port}`);
}

/** Made beside its place and moved there when whole: a kill in between leaves nothing that looks ready. */
async function initialize(folder: string, options: PostgresOptions): Promise<void> {
  const dataFolder = `${options.dataFolder}.new`;
  rmSync(dataFolder, { recursive: true, force: true });
  makeDataFolder(dataFolder);
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'tidegate-initdb-'));
  const authentication: string[] = [];
  if (options.password === undefined) {
    authentication.push('--auth=trust');
  } else {
    const file = path.join(scratch, 'password');
    writeFileSync(file, options.password);
    authentication.push('--auth=scram-sha-256', `--pwfile=${file}`);
  }
  const common = ['-D', dataFolder, '-U', 'postgres', '--encoding=UTF8', '--locale=C.UTF-8'];
  const [command, args] = asServiceUser(path.join(folder, 'initdb'), [
    ...common,
    ...authentication,
  ]);
  try {
    await run(command, args, { env: localeFree() });
    renameSync(dataFolder, options.dataFolder);
  } catch (error) {
    rmSync(dataFolder, { recursive: true, force: true });
    throw new ServiceError('SERVICE_NOT_STARTED', 'PostgreSQL could not make its data folder', {
      cause: error,
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A server that outlived its parent still holds the folder: stop it, as its own control program would. */
async function stopOrphan(dataFolder: string): Promise<void> {
  const pidFile = path.join(dataFolder, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (isUnburied(pid)) disown(pidFile);
  if (!isPostgres(pid)) return;
  process.kill(pid, 'SIGINT');
  for (let waited = 0; isPostgres(pid) && waited < 10_000; waited += 50) await delay(50);
}

/** Above the largest process id of any system: nobody has it. */
const NOBODY = 4_194_305;

/**
 * PostgreSQL takes a killed server that init has not buried yet for a living one, and refuses to start: the id in
 * its lock file is replaced. Whether other processes of it are left is still checked, by the shared memory that
 * the file's further lines name.
 */
function disown(pidFile: string): void {
  const [, ...rest] = readFileSync(pidFile, 'utf8').split('\n');
  writeFileSync(pidFile, [NOBODY, ...rest].join('\n'));
}

function isUnburied(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.startsWith('Z') === true;
  } catch {
    return false;
  }
}

/** The number may have been given to another program since; only a postgres is ever signalled. */
function isPostgres(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return false;
  }
}

/** Whoever answers on the port must be the server of our folder, not one that took the port before it. */
async function askVersion(connectionString: string, dataFolder: string): Promise<string> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    const answer = await client.query<{ version: string; folder: string }>(
      "select current_setting('server_version') as version, current_setting('data_directory') as folder",
    );
    const { version, folder } = answer.rows[0] ?? {};
    if (folder !== path.resolve(dataFolder)) {
      throw new ServiceError(
        'SERVICE_NOT_STARTED',
        `another PostgreSQL (${folder ?? '?'}) has the port`,
      );
    }
    return version ?? '';
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Machines without the user's locale installed would refuse to start. */
function localeFree(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8', TZ: 'UTC' };
}
