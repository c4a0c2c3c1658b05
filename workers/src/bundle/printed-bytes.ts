/**
 * Drops what this process prints from now on and counts it: nobody reads it, and buffered for a slow reader it
 * would be memory. The answer tells the count.
 */
export function countPrinted(): () => number {
  let bytes = 0;
  const drop = (chunk: Uint8Array | string, ...rest: readonly unknown[]): boolean => {
    bytes += chunk.length;
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  process.stdout.write = drop;
  process.stderr.write = drop;
  return () => bytes;
}
