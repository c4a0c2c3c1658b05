-- What schedulers and workers coordinate by: row locks on these rows, nothing else.

-- Schedulers and worker sessions. A worker's lease covers every try its last heartbeat named.
create table tidegate.instance (
  instance_key bigint generated always as identity primary key,
  kind text not null check (kind in ('scheduler', 'worker')),
  -- The worker's own lasting id; a newer session of it revokes this one.
  name text not null,
  session_id text not null unique,
  started_at timestamptz not null,
  heartbeat_at timestamptz not null,
  lease_until timestamptz not null,
  -- Closed or superseded: its leases are void.
  ended_at timestamptz,
  -- Fence tokens its last heartbeat held.
  held bigint[] not null default '{}',
  queues text[] not null default '{}'
) with (fillfactor = 30);
create index instance_live on tidegate.instance (kind, name) where ended_at is null;

-- Retries, reschedules and run timeouts to come: a few rows, read by the sweep.
create table tidegate.timer (
  run_key bigint not null,
  -- -1: the run itself.
  ix integer not null,
  kind text not null check (kind in ('retry', 'reschedule', 'run_timeout')),
  due_ms bigint not null,
  primary key (run_key, ix, kind)
);
create index timer_due on tidegate.timer (due_ms);

-- One row a limit; exact by its row lock. Keys: `pool:<name>`.
create table tidegate.limit_usage (
  key text primary key,
  cap integer not null check (cap >= 0),
  used integer not null default 0 check (used >= 0)
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0.02);

create table tidegate.pool (
  name text primary key check (name ~ '^[A-Za-z0-9_.-]{1,250}$'),
  slots integer not null check (slots >= 0),
  description text
);
insert into tidegate.pool (name, slots, description) values ('default_pool', 128, 'Default pool');
insert into tidegate.limit_usage (key, cap) values ('pool:default_pool', 128);

-- Jobs to put into the queue, written in the transaction that queues the task; deleted once sent.
create table tidegate.outbox (
  outbox_key bigint generated always as identity primary key,
  run_key bigint not null,
  ix integer not null,
  try_number integer not null,
  nonce text not null,
  queue text not null,
  priority integer not null,
  created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0.02);

-- One row a flush: what changed, for the console's event stream. Lost in a crash, and that is fine.
create unlogged table tidegate.flush_delta (
  delta_key bigint generated always as identity primary key,
  at timestamptz not null default now(),
  -- JSON as text.
  changes text not null
) with (autovacuum_vacuum_scale_factor = 0.02);

-- Append-only audit.
create table tidegate.event_log (
  event_key bigint generated always as identity primary key,
  at timestamptz not null default now(),
  event text not null,
  actor text,
  dag_id text,
  run_id text,
  task_id text,
  try_number integer,
  extra json not null default '{}'
);
create index event_log_of_dag on tidegate.event_log (dag_id, event_key desc);
create function tidegate.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'event_log is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger event_log_append_only before update on tidegate.event_log
  for each statement execute function tidegate.refuse_change();
