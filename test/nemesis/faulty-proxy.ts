import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A TCP proxy in front of a server that must not be touched itself. */
export interface FaultyProxy extends AsyncDisposable {
  /** `url` with the proxy in the place of its server. */
  readonly url: string;
  /** Resets every connection and refuses new ones for so long. */
  cut(forMs: number): Promise<void>;
  /** Half open: takes connections and data and answers nothing for so long, then resets them all. */
  silence(forMs: number): Promise<void>;
  /** Every answer is late by `byMs` for so long. */
  slow(byMs: number, forMs: number): Promise<void>;
}

export async function startFaultyProxy(targetUrl: string): Promise<FaultyProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let isSilent = false;
  let lateMs = 0;

  const onClient = (client: Socket): void => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      if (!isSilent) upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (isSilent) return;
      if (lateMs === 0) client.write(data);
      else setTimeout(() => client.write(data), lateMs);
    });
  };
  const resetAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  let server = await listen(0, onClient);
  const { port } = server.address() as { port: number };
  const proxied = new URL(targetUrl);
  proxied.hostname = '127.0.0.1';
  proxied.port = String(port);
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    resetAll();
    await closed;
  };
  return {
    url: proxied.href,
    cut: async (forMs) => {
      await close();
      await delay(forMs);
      server = await listen(port, onClient);
    },
    silence: async (forMs) => {
      isSilent = true;
      await delay(forMs);
      // What was swallowed never comes: no connection may go on as if it had.
      resetAll();
      isSilent = false;
    },
    slow: async (byMs, forMs) => {
      lateMs = byMs;
      await delay(forMs);
      // Answers still on their way must not be overtaken.
      resetAll();
      lateMs = 0;
    },
    [Symbol.asyncDispose]: close,
  };
}

function listen(port: number, onClient: (client: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(onClient);
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
