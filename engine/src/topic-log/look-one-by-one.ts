import type { PartitionLook, TopicLog } from './topic-log.ts';

/** `look` of a log that has no request for all of it: the bounds, and a fingerprint each. */
export async function lookOneByOne(
  log: Pick<TopicLog, 'bounds' | 'fingerprint'>,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<ReadonlyMap<number, PartitionLook>> {
  const [bounds, fingerprints] = await Promise.all([
    log.bounds(topic),
    Promise.all(
      [...offsets].map(
        async ([partition, offset]) =>
          [partition, await log.fingerprint(topic, partition, offset)] as const,
      ),
    ),
  ]);
  const found = new Map(fingerprints);
  return new Map(
    [...bounds].map(([partition, each]) => [
      partition,
      { ...each, fingerprint: found.get(partition) },
    ]),
  );
}
