import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A TCP proxy whose network can be cut or made bad, to make outages without touching the shared server. */
export interface CuttableProxy extends AsyncDisposable {
  /** `url` with the proxy in the place of its server. */
  through(url: string): string;
  /** Resets all connections and refuses new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** From the next client message that contains `text` on, answers are swallowed. Resolves when it was sent. */
  swallowAnswersAfter(text: string): Promise<void>;
  /** Half open: takes connections and data and answers nothing for so long, then resets them all. */
  silence(forMs: number): Promise<void>;
  /** Half open for good, as behind a gateway that forgot them: connections there are carry nothing more. New ones do. */
  abandon(): void;
  /** Every answer is late by `byMs` for so long. */
  slow(byMs: number, forMs: number): Promise<void>;
}

export async function startProxy(targetUrl: string): Promise<CuttableProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let trigger: { readonly text: string; readonly sent: () => void } | undefined;
  let isSilent = false;
  let lateMs = 0;
  let generation = 0;

  const onClient = (client: Socket): void => {
    const upstream = connect(Number(target.port), target.hostname);
    let isSwallowing = false;
    const ownGeneration = generation;
    const isLost = (): boolean => isSilent || ownGeneration !== generation;
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
      if (isLost()) return;
      if (trigger !== undefined && data.includes(trigger.text)) {
        isSwallowing = true;
        trigger.sent();
        trigger = undefined;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (isLost() || isSwallowing) return;
      if (lateMs === 0) client.write(data);
      else setTimeout(() => client.write(data), lateMs);
    });
  };
  const resetAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  let server = await listen(0, onClient);
  const { port } = server.address() as { port: number };
  const cut = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    resetAll();
    await closed;
  };
  return {
    through: (url) => {
      const proxied = new URL(url);
      proxied.hostname = '127.0.0.1';
      proxied.port = String(port);
      return proxied.href;
    },
    cut,
    mend: async () => {
      server = await listen(port, onClient);
    },
    swallowAnswersAfter: (text) =>
      new Promise((resolve) => {
        trigger = { text, sent: resolve };
      }),
    silence: async (forMs) => {
      isSilent = true;
      await delay(forMs);
      // What was swallowed never comes: no connection may go on as if it had.
      resetAll();
      isSilent = false;
    },
    abandon: () => {
      generation += 1;
    },
    slow: async (byMs, forMs) => {
      lateMs = byMs;
      await delay(forMs);
      // Answers still on their way must not be overtaken.
      resetAll();
      lateMs = 0;
    },
    [Symbol.asyncDispose]: cut,
  };
}

function listen(port: number, onClient: (client: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(onClient);
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
