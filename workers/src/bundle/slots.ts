/**
 * Lets a few things run at once. A slow one gives its slot back after a while and goes on: a DAG file that loops until
 * its time is over must not keep the others from being registered.
 */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  readonly #slowMs: number;
  #free: number;

  constructor(count: number, slowMs: number) {
    this.#free = count;
    this.#slowMs = slowMs;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#take();
    let isHeld = true;
    const give = (): void => {
      if (isHeld) this.#give();
      isHeld = false;
    };
    const timer = setTimeout(give, this.#slowMs);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      give();
    }
  }

  async #take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
