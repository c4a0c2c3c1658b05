import type { Logger } from '../platform/log.ts';
import { toError } from '../platform/errors.ts';

/** Runs `work` one at a time: calls while it runs come to one more run afterwards. Failures are logged. */
export class SingleFlight {
  private readonly work: () => Promise<void>;
  private readonly logger: Logger;
  private readonly name: string;
  private running: Promise<void> | null = null;
  private isWanted = false;
  private isClosed = false;

  constructor(name: string, work: () => Promise<void>, logger: Logger) {
    this.name = name;
    this.work = work;
    this.logger = logger;
  }

  kick(): void {
    if (this.isClosed) return;
    this.isWanted = true;
    this.running ??= this.loop().finally(() => {
      this.running = null;
      // Asked again between the last look and here.
      if (this.isWanted) this.kick();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.running;
  }

  /** Null when nothing is under way. */
  get underWay(): Promise<void> | null {
    return this.running;
  }

  private async loop(): Promise<void> {
    while (this.isWanted && !this.isClosed) {
      this.isWanted = false;
      try {
        await this.work();
      } catch (thrown) {
        this.logger.warn({ err: toError(thrown), work: this.name }, 'background work failed');
      }
    }
  }
}
