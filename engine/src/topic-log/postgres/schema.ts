/**
 * Tables of the PostgreSQL topic log, in a database and role of their own.
 *
 * A row of `batch` holds one Kafka record batch (its base offset set on reading), so that an append is
 * one row and a range read moves whole batches. A partition's head row is locked from the assignment of
 * offsets to commit: offset order is commit order, and a reader that sees `next_offset` sees everything
 * before it. `append` remembers recent appends, so that one whose commit was not answered can be
 * repeated without doubling. Batches of compacted topics hold one record each, its key beside it.
 */
export const CREATE_SCHEMA = `
create schema if not exists topic_log;

create table if not exists topic_log.topic (
  topic_id bigint generated always as identity primary key,
  name text not null unique,
  compacted boolean not null,
  created_at timestamptz not null default now()
);

create table if not exists topic_log.partition_head (
  topic_id bigint not null references topic_log.topic on delete cascade,
  partition integer not null,
  start_offset bigint not null default 0,
  next_offset bigint not null default 0,
  compact_at bigint not null default 1000,
  primary key (topic_id, partition),
  constraint partition_head_is_ordered check (start_offset <= next_offset)
) with (fillfactor = 50);

create table if not exists topic_log.batch (
  topic_id bigint not null,
  partition integer not null,
  base_offset bigint not null,
  next_offset bigint not null,
  max_timestamp bigint not null,
  key bytea,
  byte_count integer not null,
  bytes bytea not null,
  primary key (topic_id, partition, base_offset)
);
-- Compressing on the way in costs more than the disk it saves.
alter table topic_log.batch alter column bytes set storage external;

create table if not exists topic_log.append (
  append_id uuid primary key
);

create table if not exists topic_log.producer (
  transactional_id text primary key,
  epoch bigint not null,
  is_current boolean not null default true,
  constraint producer_is_current check (is_current)
);

create table if not exists topic_log.mirrored_offset (
  group_name text not null,
  topic text not null,
  partition integer not null,
  next_offset bigint not null,
  mirrored_at timestamptz not null default now(),
  primary key (group_name, topic, partition)
);
`;

/** Serializes creation: two processes opening a new log at once must not race on `create … if not exists`. */
export const SCHEMA_LOCK = 'select pg_advisory_xact_lock(7461642)';

export const HAS_SCHEMA = "select to_regclass('topic_log.mirrored_offset') is not null as present";
