-- The bank's warehouse (PostgreSQL 14 and later). Run it in the database `bankdw`, as the role that loads.
--
-- Columns whose names begin with an underscore are the loader's: the position of the change at the source
-- and the load that wrote the row. The loader adds them, and their index, to tables that lack them.

create table if not exists bank_accounts_history (
  history_id bigint generated always as identity,
  original_id bigint not null,
  user_id bigint,
  account text,
  operation_type text not null check (operation_type in ('INSERT', 'UPDATE', 'DELETE')),
  change_timestamp timestamptz not null,
  is_snapshot boolean not null default false,
  created_at timestamp,
  updated_at timestamptz,
  loaded_at timestamptz not null default now(),
  _v1 bigint,
  _v2 bigint,
  _gen bigint
);
create unique index if not exists bank_accounts_history_event
  on bank_accounts_history (_v1, _v2, original_id);
create index if not exists bank_accounts_history_change_timestamp
  on bank_accounts_history (change_timestamp);

create table if not exists bank_accounts_current (
  original_id bigint primary key,
  user_id bigint not null,
  account text not null,
  created_at timestamp,
  updated_at timestamptz,
  change_timestamp timestamptz not null,
  _v1 bigint not null default -1,
  _v2 bigint not null default -1,
  _gen bigint not null default -1,
  _partition bigint not null default -1
);
create index if not exists bank_accounts_current_user_id on bank_accounts_current (user_id);

create table if not exists user_account_stats (
  user_id bigint primary key,
  account_count bigint not null,
  first_account_at timestamp,
  last_change timestamptz not null
);
