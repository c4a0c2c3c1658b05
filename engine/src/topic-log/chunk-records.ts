import type { Partitioner } from './partitioner.ts';
import { maxEncodedSize } from './record-batch/encode-record-batch.ts';
import type { NewRecord } from './topic-log.ts';

/** Records of one partition, small enough for one record batch. */
export interface RecordChunk {
  readonly partition: number;
  readonly records: readonly NewRecord[];
}

export interface ChunkLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/** Kafka's default `max.message.bytes` is 1 MiB, and larger batches gain nothing. */
export const DEFAULT_CHUNK_LIMITS: ChunkLimits = { maxRecords: 1_000, maxBytes: 900_000 };

/** Splits an append into chunks by partition, ascending; the order within a partition is kept. */
export function chunkByPartition(
  records: readonly NewRecord[],
  choose: { readonly partitioner: Partitioner; readonly partitions: number },
  limits: ChunkLimits = DEFAULT_CHUNK_LIMITS,
): RecordChunk[] {
  const byPartition = new Map<number, NewRecord[]>();
  for (const record of records) {
    const partition = record.partition ?? choose.partitioner.choose(record.key, choose.partitions);
    const gathered = byPartition.get(partition);
    if (gathered === undefined) byPartition.set(partition, [record]);
    else gathered.push(record);
  }
  return [...byPartition]
    .sort(([left], [right]) => left - right)
    .flatMap(([partition, gathered]) => splitChunk({ partition, records: gathered }, limits));
}

/** A record larger than `maxBytes` makes a chunk of its own. */
function splitChunk(chunk: RecordChunk, limits: ChunkLimits): RecordChunk[] {
  const chunks: RecordChunk[] = [];
  let first = 0;
  let bytes = 0;
  chunk.records.forEach((record, index) => {
    const size = maxEncodedSize(record);
    if (index > first && (index - first >= limits.maxRecords || bytes + size > limits.maxBytes)) {
      chunks.push({ partition: chunk.partition, records: chunk.records.slice(first, index) });
      first = index;
      bytes = 0;
    }
    bytes += size;
  });
  const rest = first === 0 ? chunk.records : chunk.records.slice(first);
  return [...chunks, { partition: chunk.partition, records: rest }];
}
