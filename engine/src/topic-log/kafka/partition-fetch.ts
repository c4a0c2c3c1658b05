import type { PartitionBounds } from '../topic-log.ts';
import { fetchResponse, type FetchedPartition } from './fetch-response.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { CODE, KafkaCodeError } from './kafka-errors.ts';
import { encodeFetchRequest, READ_COMMITTED, type Broker } from './kafkajs-internals.ts';

/** Only reached where there is nothing to read: a compacted tail, or a throttled client. */
const FETCH_WAIT_MS = 100;

export interface PlaceToFetch {
  readonly partition: number;
  readonly fetchOffset: number;
  /** A first batch that is larger comes whole, but only the first of an answer. */
  readonly maxBytes: number;
}

interface Fetched {
  readonly throttleTimeMs: number;
  readonly partitions: readonly FetchedPartition[];
}

/**
 * One request to a broker for what lies at these places. An offset that is out of range stays in the answer;
 * any other refusal is thrown.
 */
export async function fetchPlaces(
  cluster: KafkaCluster,
  broker: Broker,
  asked: { readonly topic: string; readonly partitions: readonly PlaceToFetch[] },
): Promise<Fetched> {
  const { topic, partitions } = asked;
  const request = encodeFetchRequest({
    replicaId: -1,
    maxWaitTime: FETCH_WAIT_MS,
    minBytes: 1,
    maxBytes: partitions.reduce((sum, { maxBytes }) => sum + maxBytes, 0),
    isolationLevel: READ_COMMITTED,
    topics: [{ topic, partitions: [...partitions] }],
  });
  const answer = await cluster.send(broker, { request, response: fetchResponse });
  for (const { partition } of partitions) {
    const fetched = answer.partitions.find((each) => each.partition === partition);
    const errorCode = answer.errorCode === 0 ? fetched?.errorCode : answer.errorCode;
    if (errorCode === 0 || errorCode === CODE.OFFSET_OUT_OF_RANGE) continue;
    if (errorCode === CODE.UNKNOWN_TOPIC_OR_PARTITION) {
      cluster.forget(topic);
      await cluster.getLeader(topic, partition); // names what is missing
    }
    throw new KafkaCodeError(errorCode ?? CODE.NETWORK_EXCEPTION, 'Fetch');
  }
  return { throttleTimeMs: answer.clientSideThrottleTime, partitions: answer.partitions };
}

/** The same for one place. */
export async function fetchPlace(
  cluster: KafkaCluster,
  topic: string,
  place: PlaceToFetch,
): Promise<FetchedPartition & { readonly throttleTimeMs: number }> {
  const broker = await cluster.getLeader(topic, place.partition);
  const answer = await fetchPlaces(cluster, broker, { topic, partitions: [place] });
  const [fetched] = answer.partitions;
  if (fetched === undefined) throw new KafkaCodeError(CODE.NETWORK_EXCEPTION, 'Fetch');
  return { ...fetched, throttleTimeMs: answer.throttleTimeMs };
}

/** As the answer tells; one that refuses the offset does not. */
export async function boundsOf(
  cluster: KafkaCluster,
  { topic, partition, errorCode, logStartOffset, lastStableOffset }: FetchedPartition,
): Promise<PartitionBounds> {
  if (errorCode !== CODE.OFFSET_OUT_OF_RANGE)
    return { start: logStartOffset, end: lastStableOffset };
  const bounds = (await cluster.readBounds(topic)).get(partition);
  return bounds ?? { start: 0, end: 0 };
}
