import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/**
 * Stands between a scheduler and its database, and counts its flushes. Armed, it lets the next COMMIT through and cuts the
 * connection before the answer: the client cannot know what became of its transaction.
 */
export class CommitCutter implements AsyncDisposable {
  cuts = 0;
  /** Flushes that have asked for their locks. */
  begun = 0;
  private readonly server: Server;
  private readonly target: URL;
  private isArmed = false;

  private constructor(target: URL) {
    this.target = target;
    this.server = createServer((client) => this.join(client));
  }

  static async start(url: string): Promise<CommitCutter> {
    const cutter = new CommitCutter(new URL(url));
    await new Promise<void>((resolve) => cutter.server.listen(0, '127.0.0.1', resolve));
    return cutter;
  }

  get url(): string {
    const url = new URL(this.target.href);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  arm(): void {
    this.isArmed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    await Promise.resolve();
  }

  private join(client: Socket): void {
    const upstream = connect(Number(this.target.port), this.target.hostname);
    let isCut = false;
    client.on('data', (data) => {
      // A Bind message: no portal, then the statement.
      this.begun += data.toString('latin1').split('\0lock_runs\0').length - 1;
      // The flush's COMMIT is a named statement; nobody else has one of this name.
      if (this.isArmed && data.includes('commit\0')) {
        this.isArmed = false;
        this.cuts += 1;
        isCut = true;
        upstream.write(data);
        setTimeout(() => client.destroy(), 50);
        return;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!isCut) client.write(data);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }
}
