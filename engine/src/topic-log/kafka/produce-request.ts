import { API, PRODUCE_VERSION, type RawRequest, type Response } from './kafkajs-internals.ts';
import { WireReader } from './wire-reader.ts';

const ACKS_ALL = -1;
const TIMEOUT_MS = 30_000;

/** One encoded record batch and where it goes. */
export interface AddressedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
}

/** Produce request, version 7, of batches that are already encoded: at most one a partition. */
export function encodeProduceRequest(
  transactionalId: string | null,
  batches: readonly AddressedBatch[],
): RawRequest {
  return {
    apiKey: API.PRODUCE,
    apiVersion: PRODUCE_VERSION,
    apiName: 'Produce',
    parts: encode(transactionalId, batches),
  };
}

function encode(transactionalId: string | null, batches: readonly AddressedBatch[]): Buffer[] {
  const topics = new Map<string, AddressedBatch[]>();
  for (const batch of batches) topics.set(batch.topic, [...(topics.get(batch.topic) ?? []), batch]);
  const parts: Buffer[] = [string(transactionalId), int16(ACKS_ALL), int32(TIMEOUT_MS)];
  parts.push(int32(topics.size));
  for (const [topic, partitions] of topics) {
    parts.push(string(topic), int32(partitions.length));
    for (const { partition, bytes } of partitions) {
      parts.push(int32(partition), int32(bytes.length), bytes);
    }
  }
  return parts;
}

export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
}

export interface ProduceResponse {
  readonly clientSideThrottleTime: number;
  readonly partitions: readonly ProducedPartition[];
}

/** Keeps every partition's own error; kafkajs throws the first and forgets the others. */
export const produceResponse: Response<ProduceResponse> = {
  decode: (payload) => {
    const reader = new WireReader(payload);
    const partitions = reader.array(readTopic).flat();
    return Promise.resolve({ partitions, clientSideThrottleTime: reader.int32() });
  },
  parse: (decoded) => Promise.resolve(decoded),
};

function readTopic(reader: WireReader): ProducedPartition[] {
  const topic = reader.string();
  return reader.array((each) => {
    const produced = { topic, partition: each.int32(), errorCode: each.int16() };
    each.bigint64(); // base offset
    each.bigint64(); // log append time
    each.bigint64(); // log start offset
    return produced;
  });
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function string(value: string | null): Buffer {
  if (value === null) return int16(-1);
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
}
