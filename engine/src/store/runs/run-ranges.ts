import type { Sql, Tx } from '../db.ts';
import type { Statement } from '../flush/flush-connection.ts';

/** `[from, to)` of one partition. */
export interface PartitionRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface PinnedRanges {
  readonly runKey: number;
  readonly dagId: string;
  readonly topic: string;
  /** False for a replay. */
  readonly isLive: boolean;
  readonly ranges: readonly PartitionRange[];
}

/** Gives a run its ranges, for good. Live ranges that overlap fail with an exclusion violation. */
export async function insertRanges(tx: Tx, pinned: PinnedRanges): Promise<void> {
  await tx.query(
    `insert into tidegate.run_range (run_key, dag_id, topic, partition, from_offset, to_offset, is_live)
     select $1, $2, $3, part.partition, part.from_offset, part.to_offset, $4
       from unnest($5::int[], $6::bigint[], $7::bigint[]) as part (partition, from_offset, to_offset)`,
    [
      pinned.runKey,
      pinned.dagId,
      pinned.topic,
      pinned.isLive,
      pinned.ranges.map((range) => range.partition),
      pinned.ranges.map((range) => range.from),
      pinned.ranges.map((range) => range.to),
    ],
  );
}

/** A live range that is not known to be loaded, with the state of the run that owns it. */
export interface OpenRange extends PartitionRange {
  readonly runKey: number;
  readonly state: 'queued' | 'running' | 'success' | 'failed';
  readonly reason: string | null;
}

/**
 * Live ranges from the lowest hole on, ascending by partition and offset: those of the runs at work, of
 * failed ones, and of the few that succeeded since the stream was last settled.
 */
export async function listOpenRanges(
  sql: Sql,
  stream: { readonly dagId: string; readonly topic: string },
): Promise<OpenRange[]> {
  const { rows } = await sql.query<OpenRangeRow>(LIST_OPEN.text, [stream.dagId, stream.topic]);
  return rows.map((row) => toOpenRange(Object.values(row)));
}

type OpenRangeRow = Readonly<Record<string, unknown>>;

/** In the order of the columns of `LIST_OPEN`. */
export function toOpenRange(row: readonly unknown[]): OpenRange {
  const [partition, from, to, runKey, state, reason] = row as [
    number,
    number,
    number,
    number,
    OpenRange['state'],
    string | null,
  ];
  return { partition, from, to, runKey, state, reason };
}

// The range operator, not a comparison, so that the exclusion constraint's index finds the few rows. `offset 0` keeps
// the subquery one of its own: merged into the join, its plan reads every range the DAG ever had.
export const LIST_OPEN: Statement = {
  name: 'list_open_ranges',
  text: `
select part.partition, part.from_offset, part.to_offset, part.run_key, run.state, run.reason
  from tidegate.stream_cursor as cursor
 cross join lateral (
    select run_key, partition, from_offset, to_offset
      from tidegate.run_range
     where is_live and dag_id = cursor.dag_id and topic = cursor.topic
       and partition = cursor.partition
       and int8range(from_offset, to_offset) && int8range(cursor.done_offset, null)
    offset 0
  ) as part
  join tidegate.dag_run as run using (run_key)
 where cursor.dag_id = $1 and cursor.topic = $2
 order by part.partition, part.from_offset`,
};
