const FIRST_MS = 50;
const LONGEST_MS = 2_000;

/** Doubling, with up to half of it random so that many workers do not come back in step. */
export function backoffMs(attempt: number): number {
  const ceiling = Math.min(FIRST_MS * 2 ** Math.min(attempt, 10), LONGEST_MS);
  return ceiling / 2 + Math.random() * (ceiling / 2);
}

/** Waits before attempt `attempt + 1`; ends at once when `signal` aborts. */
export function delay(attempt: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, backoffMs(attempt));
    signal?.addEventListener('abort', end, { once: true });
  });
}
