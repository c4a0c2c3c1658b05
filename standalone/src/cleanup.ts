import type { Logger } from '@tidegate/engine/platform';

/** What stops when: first what takes requests, last what everything stands on. */
export const CLEANUP_ORDER = { web: 0, processes: 1, connections: 2, servers: 3, home: 4 } as const;

type Step = (typeof CLEANUP_ORDER)[keyof typeof CLEANUP_ORDER];

/** Collects what was started and stops it, step by step; within a step everything at once. */
export class Cleanup {
  readonly #logger: Logger;
  readonly #actions: { step: Step; stop: () => unknown }[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(step: Step, stop: () => unknown): void {
    this.#actions.push({ step, stop });
  }

  async run(): Promise<void> {
    for (const step of Object.values(CLEANUP_ORDER)) {
      const actions = this.#actions.filter((action) => action.step === step);
      const results = await Promise.allSettled(
        actions.map(async ({ stop }) => {
          await stop();
        }),
      );
      for (const result of results) {
        if (result.status === 'rejected')
          this.#logger.warn({ err: result.reason as unknown }, 'a part did not stop cleanly');
      }
    }
  }
}
