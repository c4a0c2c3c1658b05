import type { QueryClient, QueryKey } from '@tanstack/react-query';

const SOON_MS = 150;
const LATER_MS = 1_000;

/**
 * Asks again for what changed, once for all changes within a moment. The first change of a burst waits the
 * whole moment, later ones do not put it off: under constant change there is still one refetch a moment.
 */
export class Refetches {
  readonly #client: QueryClient;
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(client: QueryClient) {
    this.#client = client;
  }

  soon(queryKey: QueryKey): void {
    this.#in(SOON_MS, queryKey);
  }

  later(queryKey: QueryKey): void {
    this.#in(LATER_MS, queryKey);
  }

  stop(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #in(ms: number, queryKey: QueryKey): void {
    const name = JSON.stringify(queryKey);
    if (this.#waiting.has(name)) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(name);
      void this.#client.invalidateQueries({ queryKey });
    }, ms);
    this.#waiting.set(name, timer);
  }
}
