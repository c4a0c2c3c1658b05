import type { NewRun } from '../insert-run.ts';
import {
  COMMIT,
  together,
  type FlushConnection,
  type Statement,
} from '../flush/flush-connection.ts';
import { plainColumn } from '../flush/array-literal.ts';
import { CHANNEL, NOTIFY, notificationValues } from '../notifications.ts';
import { PARKED_UNTIL } from './pin-run.ts';
import type { PartitionRange } from './run-ranges.ts';
import type { NextRun } from './schedulable-dags.ts';
import { moveColumns, type CursorMove } from './stream-cursors.ts';
import { tellRun, type RunToTell } from './told-run.ts';

/** What becomes of a run as it is made. */
export type RunFate =
  /** `slot`: it starts at once; null: it waits for the starter. */
  | { readonly kind: 'queued'; readonly slot: number | null; readonly cap: number }
  /** Kept from starting until `unparkRun`. */
  | { readonly kind: 'parked'; readonly waitingFor: string }
  /** Nothing of it starts: its tasks are skipped, its counters are what recount says. */
  | { readonly kind: 'failed'; readonly reason: string; readonly note: string; readonly at: Date };

/** What the timetable asks for next, and when it was looked at. */
export interface DagMove {
  readonly next: NextRun | null;
  readonly checkedAt: Date;
  /** Written although the run exists already. */
  readonly always: boolean;
}

/** A live run with all that commits with it. */
export interface LiveRunCreation {
  readonly run: NewRun;
  readonly fate: RunFate;
  /** Null without a source: then there are no ranges and moves either. */
  readonly topic: string | null;
  readonly ranges: readonly PartitionRange[];
  readonly moves: readonly CursorMove[];
  readonly dagMove: DagMove | null;
  /** What the schedulers are told, where this process has none: what to begin, or that a run queues. */
  readonly tells: RunToTell | 'queued' | null;
}

/**
 * One statement, so that a run whose run id or logical date exists already leaves nothing behind: run, slot,
 * task instances from what the version's graph came down to at registration, ranges, cursors, timetable. Live
 * ranges that overlap fail with an exclusion violation.
 */
const CREATE: Statement = {
  name: 'create_live_run',
  text: `
with run as (
  insert into tidegate.dag_run (
    dag_id, run_id, version_key, run_type, lane, logical_date, data_interval_start,
    data_interval_end, run_after, conf, triggered_by, triggering_user, queued_at, note,
    state, leaves_left, waiting_for, reason, start_at, end_at
  )
  select $1, $2, version_key, $4, 'live', $5, $6,
         $7, $8, $9::json, $10, $11, $12, $13,
         case when $14::text is null then 'queued' else 'failed' end,
         case when $14::text is null then leaves else 0 end,
         $15, $14, $16::timestamptz, $16::timestamptz
    from tidegate.dag_version
   where version_key = $3
      on conflict do nothing
  returning run_key
),
live as (
  insert into tidegate.live_run (run_key, dag_id, scope, run_after, slot, cap)
  select run_key, $1, $17, $18, $19, $20
    from run
   where $14::text is null
),
task as (
  insert into tidegate.task_instance (run_key, ix, max_tries, total, state, skipped, end_ms)
  select run.run_key, task.place - 1, task.retries, task.total,
         case when $14::text is null then 'none' else 'skipped' end,
         case when $14::text is null then 0 else task.total end,
         extract(epoch from $16::timestamptz) * 1000
    from run
    join tidegate.dag_version as version on version.version_key = $3
   cross join unnest(version.task_retries, version.task_totals)
         with ordinality as task (retries, total, place)
),
part as (
  insert into tidegate.run_range (run_key, dag_id, topic, partition, from_offset, to_offset, is_live)
  select run.run_key, $1, $21, part.partition, part.from_offset, part.to_offset, true
    from run
   cross join unnest($22::int[], $23::bigint[], $24::bigint[])
         as part (partition, from_offset, to_offset)
),
moved as (
  insert into tidegate.stream_cursor as cursor
    (dag_id, topic, partition, next_offset, done_offset, log_end, checked_at)
  select $1, $21, move.partition, move.next_offset, move.done_offset, move.log_end, $12
    from run
   cross join unnest($25::int[], $26::bigint[], $27::bigint[], $28::bigint[])
         as move (partition, next_offset, done_offset, log_end)
      on conflict (dag_id, topic, partition) do update
     set next_offset = excluded.next_offset,
         done_offset = excluded.done_offset,
         log_end = excluded.log_end,
         checked_at = excluded.checked_at
),
dag as (
  update tidegate.dag
     set next_logical_date = $29, next_interval_start = $30, next_interval_end = $31,
         next_run_after = $32, checked_at = $33,
         last_run_at = case when exists (select from run) then $33 else last_run_at end
   where dag_id = $1 and $33::timestamptz is not null
     and ($34::boolean or exists (select from run))
)
select run_key,
       case when $35::text is not null
            then pg_notify('${CHANNEL}', '{"kind":"made","runKey":' || run_key || $35)::text end
  from run`,
};

/** Trip two: the run and its commit. Answers its key; null when its run id or logical date exists already. */
export async function createLiveRun(
  connection: FlushConnection,
  creation: LiveRunCreation,
): Promise<number | null> {
  const [rows] = await together([
    connection.send(CREATE, valuesOf(creation)),
    ...(creation.tells === 'queued' ? [connection.send(NOTIFY, RUN_QUEUED)] : []),
    connection.send(COMMIT),
  ]);
  return (rows?.[0]?.[0] as number | undefined) ?? null;
}

const RUN_QUEUED = notificationValues({ kind: 'runs' });

function valuesOf(creation: LiveRunCreation): unknown[] {
  const { run, fate, topic, ranges, moves, dagMove, tells } = creation;
  const { note, reason, waitingFor, endedAt, dueAt, slot, cap } = fateColumns(fate, run);
  return [
    ...[run.dagId, run.runId, run.versionKey, run.runType, run.logicalDate],
    ...[run.dataIntervalStart, run.dataIntervalEnd, run.runAfter, JSON.stringify(run.conf)],
    ...[run.triggeredBy, run.triggeringUser, run.queuedAt, note, reason, waitingFor, endedAt],
    ...[run.scope, dueAt, slot, cap, topic],
    plainColumn(ranges, (range) => range.partition),
    plainColumn(ranges, (range) => range.from),
    plainColumn(ranges, (range) => range.to),
    ...moveColumns(moves),
    ...(dagMove === null ? NO_DAG_MOVE : dagMoveColumns(dagMove)),
    tells === null || tells === 'queued' ? null : tellRun(tells),
  ];
}

function fateColumns(
  fate: RunFate,
  { note = null, runAfter }: NewRun,
): Readonly<
  Record<'note' | 'reason' | 'waitingFor' | 'endedAt' | 'dueAt' | 'slot' | 'cap', unknown>
> {
  const queued = { note, reason: null, waitingFor: null, endedAt: null, dueAt: runAfter };
  const waiting = { ...queued, slot: null, cap: null };
  switch (fate.kind) {
    case 'queued':
      return fate.slot === null ? waiting : { ...queued, slot: fate.slot, cap: fate.cap };
    case 'parked':
      return { ...waiting, waitingFor: fate.waitingFor, dueAt: PARKED_UNTIL };
    case 'failed':
      return { ...waiting, note: fate.note, reason: fate.reason, endedAt: fate.at };
  }
}

function dagMoveColumns({ next, checkedAt, always }: DagMove): unknown[] {
  const times = [next?.logicalDate, next?.intervalStart, next?.intervalEnd, next?.runAfter];
  return [...times.map((time) => time ?? null), checkedAt, always];
}

const NO_DAG_MOVE = [null, null, null, null, null, false];
