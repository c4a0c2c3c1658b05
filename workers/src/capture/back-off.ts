import type { Clock } from '@tidegate/engine/platform';

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/** Waits 100 ms, 200 ms, … up to 2 s, so that work goes on soon after an outage ends. */
export async function backOff(clock: Clock, attempt: number): Promise<void> {
  const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  await new Promise<void>((resolve) => {
    clock.after(delayMs * (0.75 + Math.random() / 2), resolve);
  });
}
