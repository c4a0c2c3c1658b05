/**
 * Java's murmur2 over the key, so that every producer puts a key into the same partition.
 * The seed and the constants are those of `org.apache.kafka.common.utils.Utils.murmur2`.
 */
export function murmur2(data: Buffer): number {
  const m = 0x5bd1e995;
  const { length } = data;
  let hash = 0x9747b28c ^ length;
  const blocks = length >> 2;
  for (let block = 0; block < blocks; block++) {
    let k = Math.imul(data.readInt32LE(block * 4), m);
    k = Math.imul(k ^ (k >>> 24), m);
    hash = Math.imul(hash, m) ^ k;
  }
  const tail = blocks * 4;
  const left = length - tail;
  if (left === 3) hash ^= (data[tail + 2] ?? 0) << 16;
  if (left >= 2) hash ^= (data[tail + 1] ?? 0) << 8;
  if (left >= 1) hash = Math.imul(hash ^ (data[tail] ?? 0), m);
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return hash ^ (hash >>> 15);
}

/** Chooses partitions as Java's producer does: murmur2 of the key, round robin without one. */
export class Partitioner {
  #next = 0;

  choose(key: Buffer | null, partitions: number): number {
    if (key !== null) return (murmur2(key) & 0x7fffffff) % partitions;
    const chosen = this.#next % partitions;
    this.#next = (this.#next + 1) % Number.MAX_SAFE_INTEGER;
    return chosen;
  }
}
