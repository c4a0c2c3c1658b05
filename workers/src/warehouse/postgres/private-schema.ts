import type pg from 'pg';

/** First key of every advisory lock of ours in a target database; the second is the target's id. */
export const LOAD_LOCK = 77;
/** Drains take a lock of their own, so that they never wait for loads. */
export const DRAIN_LOCK = 78;

/**
 * What a target database keeps for us, in a schema of our own:
 *
 * - `target`: one row a current table; its id is the advisory lock of its loads.
 * - `load`: the generation of each load. A later load of the same range has a higher one and wins.
 * - `fence`: the highest token seen of each task instance. A lower one violates `fence_token_not_older`,
 *   which aborts the whole load; a condition on the update would skip silently and load on.
 * - `ledger`: which ranges a target has, by load. A repeat violates its key.
 * - `stream`, `stream_epoch`, `stream_position`: how a topic's changes are ordered, see `cdc/stream-state.ts`.
 * - `snapshot_floor`: the version of the last re-snapshot of each partition, below which rows are gone.
 * - `quarantine`: records that could not be applied, whole.
 */
const PRIVATE_SCHEMA = `
create schema if not exists tidegate;

create table if not exists tidegate.target (
  id int generated always as identity primary key,
  name text not null unique,
  truncated_v1 bigint not null default -1,
  truncated_v2 bigint not null default -1
);

create table if not exists tidegate.load (
  target int not null,
  load_id text not null,
  generation bigint not null,
  begun_at timestamptz not null default now(),
  primary key (target, load_id),
  unique (target, generation)
);

create table if not exists tidegate.fence (
  task_instance text primary key,
  token bigint not null,
  is_current boolean not null default true,
  constraint fence_token_not_older check (is_current)
);

create table if not exists tidegate.ledger (
  target int not null,
  load_id text not null,
  topic text not null,
  partition int not null,
  from_offset bigint not null,
  to_offset bigint not null,
  records bigint not null,
  changes bigint not null,
  ignored bigint not null,
  quarantined bigint not null,
  loaded_at timestamptz not null default now(),
  constraint ledger_range_once primary key (target, load_id, topic, partition, from_offset, to_offset)
);
create index if not exists ledger_by_range
  on tidegate.ledger (target, topic, partition, from_offset);

create table if not exists tidegate.stream (
  target int not null,
  topic text not null,
  kind text not null check (kind in ('position', 'offset')),
  is_unchanged boolean not null default true,
  primary key (target, topic),
  constraint stream_kind_fixed check (is_unchanged)
);

create table if not exists tidegate.stream_epoch (
  topic text not null,
  partition int not null,
  from_offset bigint not null,
  epoch int not null check (epoch > 0),
  primary key (topic, partition, from_offset)
);

create table if not exists tidegate.stream_position (
  target int not null,
  topic text not null,
  partition int not null,
  record_offset bigint not null,
  v1 bigint not null,
  v2 bigint not null,
  file_base text not null,
  changed_at_ms double precision not null,
  primary key (target, topic, partition)
);

create table if not exists tidegate.quarantine (
  target int not null,
  topic text not null,
  partition int not null,
  record_offset bigint not null,
  load_id text not null,
  record_key bytea,
  record_value bytea,
  record_headers jsonb not null,
  record_at timestamptz not null,
  error_code text not null,
  error text not null,
  quarantined_at timestamptz not null default now(),
  resolved_at timestamptz,
  primary key (target, topic, partition, record_offset)
);

alter table tidegate.stream
  add column if not exists id int generated always as identity,
  add column if not exists floor_v1 bigint not null default -1,
  add column if not exists floor_v2 bigint not null default -1;

alter table tidegate.target
  add column if not exists cleaned_at timestamptz not null default '-infinity';

alter table tidegate.fence add column if not exists seen_at timestamptz not null default now();
create index if not exists fence_by_age on tidegate.fence (seen_at);

create table if not exists tidegate.snapshot_floor (
  target int not null,
  topic text not null,
  partition int not null,
  v1 bigint not null,
  v2 bigint not null,
  primary key (target, topic, partition)
);
`;

/** The table that came last: where it is, everything is. */
const NEWEST_TABLE = 'tidegate.snapshot_floor';

/**
 * Runs `work` alone among all loaders of the database, in one transaction, with the private schema there.
 * Creates the schema on first use only, and what a newer version added, so that later a role without `create` will do.
 */
export async function withPrivateSchema<Result>(
  client: pg.Client,
  work: () => Promise<Result>,
): Promise<Result> {
  await client.query(`begin; select pg_advisory_xact_lock(${LOAD_LOCK}, 0)`);
  try {
    const found = await client.query<{ found: string | null }>(
      `select to_regclass('${NEWEST_TABLE}')::text as found`,
    );
    if (found.rows[0]?.found === null) await client.query(PRIVATE_SCHEMA);
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
