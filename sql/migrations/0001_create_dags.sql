-- DAGs as registration found them. Everything else hangs off dag_id and version_key.

-- Needed by the exclusion constraint on run_range: equality on text inside a GiST index.
create extension if not exists btree_gist;

create table tidegate.artefact (
  hash text primary key,
  data bytea not null,
  created_at timestamptz not null default now()
);
-- Bundles come compressed or small: no second try by the server.
alter table tidegate.artefact alter column data set storage external;

create table tidegate.dag (
  dag_id text primary key check (dag_id ~ '^[A-Za-z0-9_.-]{1,250}$'),
  -- The file that owns this id; another file that exports it is refused.
  file text not null,
  is_paused boolean not null default false,
  -- No longer exported by its file; nothing new is created for it.
  is_stale boolean not null default false,
  version_key bigint not null,
  -- Copied from the current version, for lists and filters.
  owner text,
  tags text[] not null default '{}',
  description text,
  schedule json not null,
  max_active_runs integer not null check (max_active_runs > 0),
  -- The next run the timetable asks for; null when it asks for none.
  next_logical_date timestamptz,
  next_interval_start timestamptz,
  next_interval_end timestamptz,
  next_run_after timestamptz,
  -- Quiet ticks: intervals that had no records and therefore made no run.
  checked_at timestamptz,
  quiet_ticks bigint not null default 0,
  last_run_at timestamptz,
  registered_at timestamptz not null default now()
);
create index dag_next_run_after on tidegate.dag (next_run_after) where next_run_after is not null;

create table tidegate.dag_version (
  version_key bigint generated always as identity primary key,
  dag_id text not null references tidegate.dag on delete cascade deferrable initially deferred,
  number integer not null check (number > 0),
  -- Of serialized graph, bundle and export name: equal content is the same version.
  content_hash text not null,
  -- json, not jsonb: the text as it was registered, keys in order.
  serialized json not null,
  -- Taken out of the graph so that a run is inserted without reading it: by place of the task.
  task_totals integer[] not null,
  task_retries integer[] not null,
  leaves integer not null,
  run_timeout_ms bigint,
  bundle_hash text not null,
  export_name text not null,
  source text not null,
  created_at timestamptz not null default now(),
  unique (dag_id, number),
  unique (dag_id, content_hash)
);
alter table tidegate.dag add foreign key (version_key)
  references tidegate.dag_version deferrable initially deferred;

create table tidegate.import_error (
  file text primary key,
  code text not null,
  message text not null,
  line integer,
  column_number integer,
  code_frame text,
  at timestamptz not null default now()
);
