/** Polls a condition up to a deadline and answers what it gave. */
export async function until<T>(
  find: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 15_000, what = 'the condition' }: { withinMs?: number; what?: string } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new RangeError(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
