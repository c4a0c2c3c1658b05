import net from 'node:net';

/** A TCP proxy that a test cuts, silences or closes, to break connections without stopping a server. */
export class CuttableProxy implements AsyncDisposable {
  readonly #server: net.Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<net.Socket>();
  #refusing = false;
  #silent = false;

  private constructor(target: URL) {
    this.#target = { host: target.hostname, port: Number(target.port) };
    this.#server = net.createServer((client) => {
      this.#accept(client);
    });
  }

  static async start(target: URL): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The target's URL, through the proxy. */
  through(target: URL): string {
    const url = new URL(target.href);
    const address = this.#server.address();
    url.host = `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
    return url.href;
  }

  /** Breaks every connection now; new ones are accepted unless `refuse` was called. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Breaks everything and accepts nothing until `heal`. */
  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  /** Requests still reach the server, its answers get lost. */
  silence(): void {
    this.#silent = true;
  }

  heal(): void {
    this.#refusing = false;
    this.#silent = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: net.Socket): void {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const server = net.connect(this.#target);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      if (!this.#silent) client.write(bytes);
    });
    const close = (): void => {
      client.destroy();
      server.destroy();
      this.#sockets.delete(client);
      this.#sockets.delete(server);
    };
    client.on('close', close);
    server.on('close', close);
  }
}
