import { identifier } from './sql-text.ts';
import type { TargetShape } from './target-shape.ts';

/** Pieces that several prepared statements share. */

/** The generation of load `$1`, drawn by `tg_load` in the same transaction or an earlier one. */
export function generation({ id }: TargetShape): string {
  return `(select generation from tidegate.load where target = ${id} and load_id = $1)`;
}

/** Equality of a row's key with the key of `other`. (Default: the stage's row) */
export function sameKey(key: readonly string[], alias: string, other = 's'): string {
  return key
    .map((name) => `${alias}.${identifier(name)} = ${other}.${identifier(name)}`)
    .join(' and ');
}

/** Partitions a stream may have; Kafka has far fewer. */
const MOST_PARTITIONS = 2 ** 20;

/** What `_partition` of current holds for a partition of the stream of topic `topic`: several topics may share a table. */
export function streamPartition({ id }: TargetShape, topic: string, partition: string): string {
  return (
    `((select id from tidegate.stream where target = ${id} and topic = ${topic})::bigint ` +
    `* ${MOST_PARTITIONS} + ${partition})`
  );
}

/** `_partition` of rows that were there before the loader kept it. */
export const UNKNOWN_PARTITION = -1;
