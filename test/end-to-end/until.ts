import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer is not undefined; past the deadline throws what it waited for. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  withinMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new RangeError(`not within ${withinMs} ms: ${what}`);
    await delay(20);
  }
}

/** As `until`, for a condition. */
export async function untilTrue(
  what: string,
  ask: () => boolean | Promise<boolean>,
  withinMs?: number,
): Promise<void> {
  await until(what, async () => ((await ask()) ? true : undefined), withinMs);
}
