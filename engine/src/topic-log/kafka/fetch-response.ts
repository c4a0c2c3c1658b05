import type { Response } from './kafkajs-internals.ts';
import { WireReader } from './wire-reader.ts';

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches; the last may be cut off. A view of the response. */
  readonly recordSet: Buffer;
}

export interface FetchResponse {
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

/** Fetch response, version 11. kafkajs' own decoder leaks aborted records and is slower. */
export const fetchResponse: Response<FetchResponse> = {
  decode: (payload) => Promise.resolve(decodeFetchResponse(payload)),
  parse: (decoded) => Promise.resolve(decoded),
};

export function decodeFetchResponse(payload: Buffer): FetchResponse {
  const reader = new WireReader(payload);
  const clientSideThrottleTime = reader.int32();
  const errorCode = reader.int16();
  reader.int32(); // session id: sessions are not used
  const partitions = reader.array(readTopic).flat();
  return { clientSideThrottleTime, errorCode, partitions };
}

function readTopic(reader: WireReader): FetchedPartition[] {
  const topic = reader.string();
  return reader.array((each) => ({ topic, ...readPartition(each) }));
}

function readPartition(reader: WireReader): Omit<FetchedPartition, 'topic'> {
  const partition = reader.int32();
  const errorCode = reader.int16();
  reader.int64(); // high watermark: never read by, open transactions lie below it
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const aborted = reader.array((each) => ({
    producerId: each.bigint64(),
    firstOffset: each.int64(),
  }));
  reader.int32(); // preferred read replica: only for consumers that name a rack
  const recordSet = reader.bytes();
  return { partition, errorCode, lastStableOffset, logStartOffset, aborted, recordSet };
}
