import path from 'node:path';
import net from 'node:net';

import {
  findFreePort,
  findProgram,
  type ServerProcess,
  startServer,
} from '../../standalone/src/services/index.ts';

export interface RedisOptions {
  readonly folder: string;
  /** (Default: a free one) */
  readonly port?: number;
  /** (Default: `noeviction`, what a queue needs) */
  readonly evictionPolicy?: string;
}

export interface RedisServer extends ServerProcess {
  readonly url: string;
  readonly port: number;
}

/** Starts a Redis that keeps nothing on disk: to us it is a cache. */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const port = options.port ?? (await findFreePort());
  const policy = options.evictionPolicy ?? 'noeviction';
  const server = await startServer({
    name: 'Redis',
    command: findProgram(['redis-server']) ?? 'redis-server',
    args: [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--maxmemory-policy',
      policy,
    ],
    logFile: path.join(options.folder, 'redis.log'),
    probe: () => ping(port),
  });
  return { ...server, url: `redis://127.0.0.1:${port}`, port };
}

function ping(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      if (data.toString().startsWith('+PONG')) resolve();
      else reject(new Error(data.toString()));
    });
    socket.once('error', reject);
  });
}
