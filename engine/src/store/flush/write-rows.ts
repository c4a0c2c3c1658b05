import type { FlushWrites } from '../../state/flush-batch.ts';
import type { RunRow, TaskRow, TryRow } from '../../state/flush-rows.ts';
import { plainColumn, plainRows } from './array-literal.ts';
import type { Statement } from './flush-connection.ts';
import { perPartition } from './per-partition.ts';

/** One statement with its values, ready to be sent. */
export type Write = readonly [Statement, readonly unknown[]];

/**
 * One statement for what nearly every flush writes: on both sides a statement costs more than its rows do. No
 * guard on state: the rows are locked and were checked, so the planner has nothing to stumble over.
 */
const writeStepsIn = perPartition(
  'write_steps',
  (suffix) => `
with step as (
update tidegate.task_instance${suffix} as task
   set state = new.state, try_number = new.try_number, max_tries = new.max_tries, token = new.token,
       success = new.success, failed = new.failed, upstream_failed = new.upstream_failed,
       skipped = new.skipped, removed = new.removed, setup_success = new.setup_success,
       setup_skipped = new.setup_skipped, session_key = new.session_key,
       clear_number = new.clear_number, scheduled_ms = new.scheduled_ms, start_ms = new.start_ms,
       end_ms = new.end_ms, first_start_ms = new.first_start_ms, due_ms = new.due_ms,
       chosen = new.chosen
  from unnest($1::tidegate.task_step[], $2::text[]) as new (
         run_key, ix, state, try_number, max_tries, token, success, failed, upstream_failed, skipped,
         removed, setup_success, setup_skipped, session_key, clear_number, scheduled_ms, start_ms,
         end_ms, first_start_ms, due_ms, chosen
       )
 where task.run_key = new.run_key and task.ix = new.ix
),
tried as (
insert into tidegate.task_try${suffix} as try (
  run_key, ix, try_number, state, token, clear_number, session_key, scheduled_ms, start_ms, end_ms,
  output, error
)
select *
  from unnest($3::tidegate.try_step[], $4::text[], $5::text[])
    on conflict (run_key, ix, try_number) do update
   set state = excluded.state, token = excluded.token, clear_number = excluded.clear_number,
       session_key = excluded.session_key, scheduled_ms = excluded.scheduled_ms,
       start_ms = excluded.start_ms, end_ms = excluded.end_ms, output = excluded.output,
       error = excluded.error, waiting_for = null
)
insert into tidegate.flush_delta (changes) values ($6)`,
);

type Steps = Pick<FlushWrites, 'tasks' | 'tries' | 'runs'>;

/** Task instances as they are now, their tries, and what changed. */
export function writeSteps(writes: Steps): Write {
  const { tasks, tries } = writes;
  return [
    writeStepsIn([...tasks, ...tries]),
    [...taskColumns(tasks), ...tryColumns(tries), deltaOf(writes)],
  ];
}

/** As `tidegate.task_step` has them. */
function taskColumns(rows: readonly TaskRow[]): unknown[] {
  const steps = plainRows(rows, (row) => [
    row.runKey,
    row.ix,
    row.state,
    row.tryNumber,
    row.maxTries,
    row.token,
    row.success,
    row.failed,
    row.upstreamFailed,
    row.skipped,
    row.removed,
    row.setupSuccess,
    row.setupSkipped,
    row.sessionKey,
    row.clearNumber,
    row.scheduledMs,
    row.startMs,
    row.endMs,
    row.firstStartMs,
    row.dueMs,
  ]);
  return [steps, rows.map((row) => row.chosen)];
}

const setRuns = (name: string, more: string): Statement => ({
  name,
  text: `
update tidegate.dag_run as run
   set state = new.state, leaves_left = new.leaves_left, failed_leaves = new.failed_leaves,
       failed_tasks = new.failed_tasks, active_tasks = new.active_tasks${more}
  from unnest($1::bigint[], $2::text[], $3::int[], $4::int[], $5::int[], $6::int[])
       as new (run_key, state, leaves_left, failed_leaves, failed_tasks, active_tasks)
 where run.run_key = new.run_key`,
});

const WRITE_RUNS = setRuns('write_runs', '');

const START_RUNS = setRuns(
  'start_runs',
  `,
       start_at = coalesce(start_at, to_timestamp($7::bigint / 1000.0)), end_at = null, reason = null`,
);

export function writeRuns(rows: readonly RunRow[]): Write {
  return [WRITE_RUNS, runColumns(rows)];
}

/** Runs that start now. */
export function startRuns(rows: readonly RunRow[], nowMs: number): Write {
  return [START_RUNS, [...runColumns(rows), nowMs]];
}

function runColumns(rows: readonly RunRow[]): unknown[] {
  const column = (pick: (row: RunRow) => number | string): string => plainColumn(rows, pick);
  return [
    column((row) => row.runKey),
    column((row) => row.state),
    column((row) => row.leavesLeft),
    column((row) => row.failedLeaves),
    column((row) => row.failedTasks),
    column((row) => row.activeTasks),
  ];
}

/** Over unless a task is unfinished (a rule that does not wait for all); then the slot and timers go too. */
const END_RUNS: Statement = {
  name: 'end_runs',
  text: `
with ended as (
  update tidegate.dag_run as run
     set state = new.state, reason = new.reason, waiting_for = null,
         end_at = to_timestamp($4::bigint / 1000.0)
    from unnest($1::bigint[], $2::text[], $3::text[]) as new (run_key, state, reason)
   where run.run_key = new.run_key
     and not exists (
       select from tidegate.task_instance as task
        where task.run_key = new.run_key
          and task.state not in ('success', 'failed', 'skipped', 'upstream_failed', 'removed')
     )
  returning run.run_key
),
slot as (
  delete from tidegate.live_run
   using ended
   where live_run.run_key = ended.run_key
),
timer as (
  delete from tidegate.timer
   using ended
   where timer.run_key = ended.run_key
)
select run_key from ended`,
};

export function endRuns(writes: FlushWrites, nowMs: number): Write {
  const { endings } = writes;
  return [
    END_RUNS,
    [
      plainColumn(endings, (ending) => ending.runKey),
      plainColumn(endings, (ending) => ending.state),
      endings.map((ending) => ending.reason),
      nowMs,
    ],
  ];
}

const WRITE_LIMITS: Statement = {
  name: 'write_limits',
  text: `
update tidegate.limit_usage as usage
   set used = new.used
  from unnest($1::text[], $2::int[]) as new (key, used)
 where usage.key = new.key`,
};

/** As `tidegate.try_step` has them. */
function tryColumns(rows: readonly TryRow[]): unknown[] {
  const steps = plainRows(rows, (row) => [
    row.runKey,
    row.ix,
    row.tryNumber,
    row.state,
    row.token,
    row.clearNumber,
    row.sessionKey,
    row.scheduledMs,
    row.startMs,
    row.endMs,
  ]);
  return [steps, rows.map((row) => row.output), rows.map((row) => row.error)];
}

const SET_TIMERS: Statement = {
  name: 'set_timers',
  text: `
insert into tidegate.timer (run_key, ix, kind, due_ms)
select * from unnest($1::bigint[], $2::int[], $3::text[], $4::bigint[])
    on conflict (run_key, ix, kind) do update set due_ms = excluded.due_ms`,
};

const DROP_TIMERS: Statement = {
  name: 'drop_timers',
  text: `
delete from tidegate.timer
 using unnest($1::bigint[], $2::int[], $3::text[]) as gone (run_key, ix, kind)
 where timer.run_key = gone.run_key and timer.ix = gone.ix and timer.kind = gone.kind`,
};

const WRITE_OUTBOX: Statement = {
  name: 'write_outbox',
  text: `
insert into tidegate.outbox (run_key, ix, try_number, nonce, queue, priority)
select * from unnest($1::bigint[], $2::int[], $3::int[], $4::text[], $5::text[], $6::int[])`,
};

/** Everything small a flush writes besides tasks, tries and runs. Statements without rows are left out. */
export function writeTheRest(writes: FlushWrites, queueOf: QueueOf): Write[] {
  const list: Write[] = [];
  const { limits, timers, timersGone, queued } = writes;
  if (limits.length > 0) {
    list.push([
      WRITE_LIMITS,
      [limits.map((row) => row.key), plainColumn(limits, (row) => row.used)],
    ]);
  }
  // Gone before set: a retry that waited may wait again.
  if (timersGone.length > 0) list.push([DROP_TIMERS, timerKeys(timersGone)]);
  if (timers.length > 0) {
    list.push([SET_TIMERS, [...timerKeys(timers), plainColumn(timers, (row) => row.dueMs)]]);
  }
  if (queued.length > 0) list.push([WRITE_OUTBOX, outboxColumns(queued, queueOf)]);
  return list;
}

export type QueueOf = (row: TaskRow) => { readonly queue: string; readonly priority: number };

function outboxColumns(rows: readonly TaskRow[], queueOf: QueueOf): unknown[] {
  return [
    plainColumn(rows, (row) => row.runKey),
    plainColumn(rows, (row) => row.ix),
    plainColumn(rows, (row) => row.tryNumber),
    rows.map((row) => String(row.token)),
    rows.map((row) => queueOf(row).queue),
    plainColumn(rows, (row) => queueOf(row).priority),
  ];
}

function timerKeys(
  timers: readonly { readonly runKey: number; readonly ix: number; readonly kind: string }[],
): string[] {
  return [
    plainColumn(timers, (timer) => timer.runKey),
    plainColumn(timers, (timer) => timer.ix),
    plainColumn(timers, (timer) => timer.kind),
  ];
}

/** `{"tasks":[[run,ix,state,try],…],"runs":[…keys]}`: names what to look at again, not the truth itself. */
function deltaOf(writes: Steps): string {
  return JSON.stringify({
    tasks: writes.tasks.map((row) => [row.runKey, row.ix, row.state, row.tryNumber]),
    runs: writes.runs.map((row) => row.runKey),
  });
}
