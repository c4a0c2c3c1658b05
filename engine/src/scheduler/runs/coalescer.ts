/** Work by key, one at a time a key; asking while it runs makes it run once more, however often asked. */
export interface Coalescer {
  /** Resolves when the work has run from start to end after this call. Never rejects. */
  ask(key: string): Promise<void>;
  /** Refuses new work; resolves when the running work has ended. */
  close(): Promise<void>;
}

export function createCoalescer(
  work: (key: string) => Promise<void>,
  onError: (error: unknown, key: string) => void,
): Coalescer {
  const running = new Map<string, Promise<void>>();
  const again = new Map<string, Promise<void>>();
  let closed = false;
  const run = async (key: string): Promise<void> => {
    try {
      if (!closed) await work(key);
    } catch (error) {
      onError(error, key);
    }
  };
  const start = (key: string): Promise<void> => {
    const own = run(key).finally(() => {
      if (running.get(key) === own) running.delete(key);
    });
    running.set(key, own);
    return own;
  };
  return {
    ask: (key) => {
      if (closed) return Promise.resolve();
      const waiting = again.get(key);
      if (waiting !== undefined) return waiting;
      const current = running.get(key);
      if (current === undefined) return start(key);
      const next = current.then(() => {
        again.delete(key);
        return start(key);
      });
      again.set(key, next);
      return next;
    },
    close: async () => {
      closed = true;
      await Promise.all([...running.values(), ...again.values()]);
    },
  };
}
