import type { LogRecord, PartitionBounds } from '../topic-log.ts';
import type { FetchedPartition } from './fetch-response.ts';
import { decodePage, parseRecordSet } from './fetched-page.ts';
import { groupByLeader, type KafkaCluster } from './kafka-cluster.ts';
import { boundsOf, fetchPlace, fetchPlaces, type PlaceToFetch } from './partition-fetch.ts';

/** What one fetch tells of a place: the partition's bounds, and the committed record there. */
export interface Glance {
  readonly bounds: PartitionBounds;
  /** Undefined: none is there, or its batch did not fit the answer. */
  readonly record: LogRecord | undefined;
}

/** The batch that holds the place and nothing behind it: a batch that is larger comes whole. */
const ONE_BATCH = 1;
/** Holds a batch of a stream that trickles. Of several partitions only the first brings a larger one. */
const SMALL_BATCH_BYTES = 8 * 1024;

/** The record at an offset. */
export async function glance(
  cluster: KafkaCluster,
  topic: string,
  { partition, offset }: { readonly partition: number; readonly offset: number },
): Promise<Glance> {
  const place = { partition, fetchOffset: offset, maxBytes: ONE_BATCH };
  return toGlance(cluster, await fetchPlace(cluster, topic, place), offset);
}

/** The records at one offset of each partition, by one request a leader. */
export async function glanceAtAll(
  cluster: KafkaCluster,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<Map<number, Glance>> {
  const leaders = await cluster.getLeaders(topic);
  const glances = new Map<number, Glance>();
  const ask = async (nodeId: number, partitions: readonly PlaceToFetch[]): Promise<void> => {
    const broker = await cluster.getBroker(nodeId);
    const answer = await fetchPlaces(cluster, broker, { topic, partitions });
    for (const fetched of answer.partitions) {
      const offset = offsets.get(fetched.partition) ?? 0;
      glances.set(fetched.partition, await toGlance(cluster, fetched, offset));
    }
  };
  await Promise.all(
    [...groupByLeader(leaders)].map(([nodeId, partitions]) =>
      ask(
        nodeId,
        partitions.map((partition) => ({
          partition,
          fetchOffset: offsets.get(partition) ?? 0,
          maxBytes: SMALL_BATCH_BYTES,
        })),
      ),
    ),
  );
  return glances;
}

async function toGlance(
  cluster: KafkaCluster,
  fetched: FetchedPartition,
  offset: number,
): Promise<Glance> {
  const { partition, aborted, recordSet } = fetched;
  const batches = parseRecordSet(recordSet, offset).slice(0, 1);
  const page = { range: { from: offset, to: offset + 1 }, partition, batches, aborted };
  let record: LogRecord | undefined;
  for await (const [first] of decodePage(page, Infinity)) record ??= first;
  return { bounds: await boundsOf(cluster, fetched), record };
}
