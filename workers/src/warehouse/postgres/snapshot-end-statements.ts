import { deletedTable, dirtyTable, type LoadTarget } from './load-target.ts';
import { columnList, identifier } from './sql-text.ts';
import { generation, streamPartition, UNKNOWN_PARTITION } from './statement-parts.ts';
import type { TargetShape } from './target-shape.ts';

/**
 * The end of a re-snapshot in a partition: what the partition's rows in current have a lower version than
 * the marker was deleted at the source while nobody watched, and goes.
 *
 * **Which rows are the partition's** is kept beside each row, as the partition of the record that wrote it.
 * Hashing the keys as the producer does would need each key's exact JSON (which only the producer knows:
 * schemas, decimals, bytes), its partitioner, and the number of partitions at that time; and it would carry
 * whole tables of keys to the loader while the lock is held. A record's partition is a fact of the log, and
 * stays right when partitions are added: a row written by the old partition is ended by the old partition's
 * marker, since the capture writes one into every partition. If the row still exists, its key's new
 * partition has re-read it, before its own marker and with a higher version, so it is there as soon as that
 * partition is loaded as far, and for good. Rows from before the column was kept are ended by any marker.
 *
 * **The order of loads does not matter.** The marker's version stays as the partition's floor: an older change
 * that comes later stays out of current. Removed keys are remembered as deleted one below the marker's version:
 * no change has that version (rows of one event never fill the room to the next position), and a row read at
 * the very version of the marker is let in, whichever load brings it.
 *
 * **History gets no row for such a deletion.** There is no source event behind it: its time and place are
 * unknown, and which rows it concerns depends on what happens to be loaded, so that a replay in another
 * order would give another history.
 */
export function snapshotEndStatements(target: LoadTarget, shape: TargetShape): string[] {
  const current = target.current.sql;
  const key = shape.key.map(({ name }) => name);
  const isGone = (place: string, version: string): string =>
    `c._partition in (${place}, ${UNKNOWN_PARTITION}) and (c._v1, c._v2) < ${version}`;
  return [
    `prepare tg_floor (text, int, bigint, bigint) as
       insert into tidegate.snapshot_floor as f (target, topic, partition, v1, v2)
       values (${shape.id}, $1, $2, $3, $4)
       on conflict (target, topic, partition) do update set v1 = excluded.v1, v2 = excluded.v2
       where (f.v1, f.v2) < (excluded.v1, excluded.v2)`,
    `prepare tg_floor_top (text, bigint, bigint) as
       update tidegate.stream set floor_v1 = $2, floor_v2 = $3
       where target = ${shape.id} and topic = $1 and (floor_v1, floor_v2) < ($2, $3)`,
    ...target.groups.map(
      (group, index) => `prepare tg_marker_touch_${index} (text, int, bigint, bigint) as
       insert into ${dirtyTable(target.current, group)}
       select distinct ${columnList(group, 'c.')} from ${current} c
       where ${isGone(streamPartition(shape, '$1', '$2'), '($3, $4)')}
         and ${group.map((name) => `c.${identifier(name)} is not null`).join(' and ')}`,
    ),
    `prepare tg_marker (text, text, int, bigint, bigint) as
       with gone as (
         delete from ${current} c
         where ${isGone(streamPartition(shape, '$2', '$3'), '($4, $5)')}
         returning ${columnList(key, 'c.')})
       insert into ${deletedTable(target.current)} as d (${columnList(key)}, _v1, _v2, _gen)
       select ${columnList(key)}, $4, $5 - 1, ${generation(shape)} from gone
       on conflict (${columnList(key)}) do update
       set _v1 = excluded._v1, _v2 = excluded._v2, _gen = excluded._gen
       where (d._v1, d._v2, d._gen) <= (excluded._v1, excluded._v2, excluded._gen)`,
  ];
}

/**
 * True for stage rows at or above the floor of their partition. `topic` is a parameter. Nearly every load is
 * above all floors of its stream, which costs one comparison a row.
 */
export function aboveFloor({ id }: TargetShape, topic: string): string {
  return `((s._v1, s._v2) >= (select floor_v1, floor_v2 from tidegate.stream
             where target = ${id} and topic = ${topic})
           or not exists (select from tidegate.snapshot_floor f
             where f.target = ${id} and f.topic = ${topic} and f.partition = s._partition
               and (f.v1, f.v2) > (s._v1, s._v2)))`;
}
