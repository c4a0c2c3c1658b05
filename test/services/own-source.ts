import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import mysql, { type Connection } from 'mysql2/promise';

import { findFreePort, type MysqlServer, startMysql } from '../../standalone/src/services/index.ts';
import { MYSQL } from './mysql.ts';
import type { SourceKind } from './service-addresses.ts';

/** A MariaDB or MySQL that belongs to one fault test, which may stop, kill and configure it. */
export interface OwnSource extends AsyncDisposable {
  readonly url: string;
  /** Its data folder. */
  readonly data: string;
  start(settings?: readonly string[]): Promise<void>;
  /** `SIGTERM` shuts down in order, `SIGKILL` does not. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  connect(): Promise<Connection>;
}

export async function createOwnSource(kind: SourceKind): Promise<OwnSource> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'capture-source-'));
  await chmod(folder, 0o755);
  const data = path.join(folder, 'data');
  const port = await findFreePort();
  const url = `mysql://root@127.0.0.1:${port}`;
  let server: MysqlServer | undefined;
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (server === undefined) return;
    process.kill(server.pid, signal);
    await server.ended;
    server = undefined;
  };
  return {
    url,
    data,
    start: async (settings = []) => {
      server = await startMysql({
        ...(kind === 'mysql' ? { program: MYSQL.program } : {}),
        ...{ dataFolder: data, logFile: path.join(folder, 'log'), port, serverId: 3 },
        settings: ['--sync-binlog=1', ...settings],
      });
    },
    stop,
    connect: () => mysql.createConnection({ uri: `${url}/mysql`, multipleStatements: true }),
    [Symbol.asyncDispose]: async () => {
      await stop('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
