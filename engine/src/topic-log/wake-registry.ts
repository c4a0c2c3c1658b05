import type { Wake } from './topic-log.ts';

/** Who wants to be woken for which topic. */
export class WakeRegistry {
  readonly #wakes = new Map<string, Set<Wake>>();

  /** Answers the function that takes the listener away again. */
  add(topic: string, wake: Wake): () => void {
    const listeners = this.#wakes.get(topic) ?? new Set();
    this.#wakes.set(topic, listeners);
    // Its own object a call: the same function may listen twice.
    const listener: Wake = (ends) => wake(ends);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#wakes.get(topic) === listeners) this.#wakes.delete(topic);
    };
  }

  topics(): string[] {
    return [...this.#wakes.keys()];
  }

  wake(topic: string, ends?: ReadonlyMap<number, number>): void {
    for (const listener of this.#wakes.get(topic) ?? []) listener(ends);
  }

  wakeAll(): void {
    for (const topic of this.topics()) this.wake(topic);
  }
}
