import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import mysql, { type Connection } from 'mysql2/promise';

import { until } from './capture-harness.ts';

/** A MariaDB that belongs to one fault test, which may stop, kill and configure it. */
export interface OwnMariaDb extends AsyncDisposable {
  readonly url: string;
  /** Its data folder. */
  readonly data: string;
  start(more?: readonly string[]): Promise<void>;
  /** `SIGTERM` shuts down in order, `SIGKILL` does not. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  connect(): Promise<Connection>;
}

export async function createOwnMariaDb(): Promise<OwnMariaDb> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'capture-mariadb-'));
  await chmod(folder, 0o777);
  const data = path.join(folder, 'data');
  const user = process.getuid?.() === 0 ? ['--user=mysql'] : [];
  await promisify(execFile)('mariadb-install-db', [
    ...user,
    ...['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal'],
  ]);
  const port = await findFreePort();
  const url = `mysql://root@127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  const connect = (): Promise<Connection> =>
    mysql.createConnection({ uri: `${url}/mysql`, multipleStatements: true });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (server?.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  };
  const start = async (more: readonly string[] = []): Promise<void> => {
    server = spawn(
      'mariadbd',
      [
        ...['--no-defaults', ...user, `--datadir=${data}`, `--port=${port}`],
        ...['--bind-address=127.0.0.1', `--socket=${path.join(folder, 's')}`],
        ...['--log-bin=binlog', '--binlog-format=ROW', '--binlog-row-image=FULL'],
        ...[
          '--binlog-row-metadata=FULL',
          '--server-id=3',
          '--skip-name-resolve',
          '--sync-binlog=1',
          ...more,
        ],
      ],
      { stdio: 'ignore' },
    );
    await until(async () => {
      const connection = await connect().catch(() => undefined);
      await connection?.end();
      return connection !== undefined;
    }, 'MariaDB to answer');
  };
  return {
    url,
    data,
    start,
    stop,
    connect,
    [Symbol.asyncDispose]: async () => {
      await stop('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
