import type { RecordFingerprint } from '../../topic-log/topic-log.ts';
import type { Sql, Tx } from '../db.ts';
import { plainColumn } from '../flush/array-literal.ts';
import type { Statement } from '../flush/flush-connection.ts';

/** Where a DAG stands in one partition of its topic. */
export interface StreamCursor {
  readonly partition: number;
  /** The next live range starts here. */
  readonly next: number;
  /** Up to here every live range is loaded: the lowest hole. */
  readonly done: number;
  /** End of the log when it was last planned for. */
  readonly logEnd: number;
  /** Identity of a record that was planned, to notice a topic that was re-created. */
  readonly fingerprint: RecordFingerprint | null;
}

const COLUMNS = `
  partition, next_offset as next, done_offset as done, coalesce(log_end, next_offset) as log_end,
  fingerprint_offset, fingerprint_timestamp, fingerprint_crc`;

type CursorRow = Readonly<Record<string, unknown>>;

/** Cursors as they are now, ascending by partition; none before the first run. */
export async function listCursors(
  sql: Sql,
  stream: { readonly dagId: string; readonly topic: string },
): Promise<StreamCursor[]> {
  const text = `select ${COLUMNS} from tidegate.stream_cursor
    where dag_id = $1 and topic = $2 order by partition`;
  const { rows } = await sql.query<CursorRow>(text, [stream.dagId, stream.topic]);
  return rows.map((row) => toCursor(Object.values(row)));
}

/** The same, locked: waits behind whoever pins a range of this stream. */
export async function lockCursors(
  tx: Tx,
  stream: { readonly dagId: string; readonly topic: string },
): Promise<StreamCursor[]> {
  const { rows } = await tx.query<CursorRow>(LOCK_CURSORS.text, [stream.dagId, stream.topic]);
  return rows.map((row) => toCursor(Object.values(row)));
}

export const LOCK_CURSORS: Statement = {
  name: 'lock_cursors',
  text: `
select ${COLUMNS}
  from tidegate.stream_cursor
 where dag_id = $1 and topic = $2
 order by partition
   for no key update`,
};

/** In the order of `COLUMNS`. */
export function toCursor(row: readonly unknown[]): StreamCursor {
  const [partition, next, done, logEnd, offset, timestamp, crc] = row as [
    ...[partition: number, next: number, done: number, logEnd: number],
    ...[offset: number | null, timestamp: number | null, crc: number | null],
  ];
  const known = offset !== null && timestamp !== null && crc !== null;
  const fingerprint = known ? { offset, timestamp, crc } : null;
  return { partition, next, done, logEnd, fingerprint };
}

export interface CursorMove {
  readonly partition: number;
  readonly next: number;
  readonly done: number;
  readonly logEnd: number;
}

/** Writes absolute values, creating the rows of new partitions. The caller holds the DAG's row. */
export async function moveCursors(
  tx: Tx,
  stream: { readonly dagId: string; readonly topic: string; readonly at: Date },
  moves: readonly CursorMove[],
): Promise<void> {
  await tx.query(MOVE, [stream.dagId, stream.topic, stream.at, ...moveColumns(moves)]);
}

/** Arrays of partition, next, done and end of the log. */
export function moveColumns(moves: readonly CursorMove[]): string[] {
  return [
    plainColumn(moves, (move) => move.partition),
    plainColumn(moves, (move) => move.next),
    plainColumn(moves, (move) => move.done),
    plainColumn(moves, (move) => move.logEnd),
  ];
}

export const MOVE = `
insert into tidegate.stream_cursor as cursor
  (dag_id, topic, partition, next_offset, done_offset, log_end, checked_at)
select $1, $2, move.partition, move.next_offset, move.done_offset, move.log_end, $3
  from unnest($4::int[], $5::bigint[], $6::bigint[], $7::bigint[])
       as move (partition, next_offset, done_offset, log_end)
 order by move.partition
    on conflict (dag_id, topic, partition) do update
   set next_offset = excluded.next_offset,
       done_offset = excluded.done_offset,
       log_end = excluded.log_end,
       checked_at = excluded.checked_at`;

/** Remembers a planned record. False: the stream was reset meanwhile, or a later record is remembered. */
export async function saveFingerprint(
  sql: Sql,
  stream: { readonly dagId: string; readonly topic: string; readonly partition: number },
  planned: { readonly next: number; readonly fingerprint: RecordFingerprint },
): Promise<boolean> {
  const { offset, timestamp, crc } = planned.fingerprint;
  const { rowCount } = await sql.query(
    `update tidegate.stream_cursor
        set fingerprint_offset = $5, fingerprint_timestamp = $6, fingerprint_crc = $7
      where dag_id = $1 and topic = $2 and partition = $3 and next_offset >= $4
        and coalesce(fingerprint_offset, -1) <= $5`,
    [stream.dagId, stream.topic, stream.partition, planned.next, offset, timestamp, crc],
  );
  return rowCount === 1;
}

/** Moves only what is done, never backwards. */
export async function settleCursors(
  sql: Sql,
  stream: { readonly dagId: string; readonly topic: string },
  done: ReadonlyMap<number, number>,
): Promise<void> {
  await sql.query(
    `update tidegate.stream_cursor as cursor
        set done_offset = settled.done_offset
       from unnest($3::int[], $4::bigint[]) as settled (partition, done_offset)
      where cursor.dag_id = $1 and cursor.topic = $2 and cursor.partition = settled.partition
        and cursor.done_offset < settled.done_offset`,
    [stream.dagId, stream.topic, [...done.keys()], [...done.values()]],
  );
}

/**
 * DAGs (or the one named) whose last plan could not take all that was there at the time: the rest becomes
 * further runs at once.
 * The table is small, a row a DAG and partition.
 */
export async function listDagsWithRest(sql: Sql, dagId?: string): Promise<string[]> {
  const { rows } = await sql.query<{ dag_id: string }>(
    `select distinct cursor.dag_id
       from tidegate.stream_cursor as cursor
       join tidegate.dag using (dag_id)
      where cursor.next_offset < cursor.log_end and not dag.is_paused and not dag.is_stale
        and ($1::text is null or dag_id = $1)`,
    [dagId ?? null],
  );
  return rows.map((row) => row.dag_id);
}

/**
 * Forgets where a DAG stands in its topic, which was re-created: the next run starts at the topic's start. The
 * ranges read so far belonged to another log, so they are live no longer.
 */
export async function forgetStream(
  tx: Tx,
  stream: { readonly dagId: string; readonly topic: string },
): Promise<void> {
  await tx.query(
    'update tidegate.run_range set is_live = false where dag_id = $1 and topic = $2 and is_live',
    [stream.dagId, stream.topic],
  );
  await tx.query('delete from tidegate.stream_cursor where dag_id = $1 and topic = $2', [
    stream.dagId,
    stream.topic,
  ]);
}
