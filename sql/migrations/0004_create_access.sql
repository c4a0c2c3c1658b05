-- Connections, variables, users. Values marked sealed are encrypted by the application.

create table tidegate.connection (
  connection_id text primary key check (connection_id ~ '^[A-Za-z0-9_.-]{1,250}$'),
  type text not null,
  -- Sealed: carries the credentials.
  uri text not null,
  extra json not null default '{}',
  description text,
  updated_at timestamptz not null default now()
);

create table tidegate.variable (
  variable_id text primary key check (variable_id ~ '^[A-Za-z0-9_.-]{1,250}$'),
  -- Sealed.
  value text not null,
  description text,
  updated_at timestamptz not null default now()
);

create table tidegate.app_user (
  username text primary key,
  password_hash text not null,
  role text not null check (role in ('admin', 'op', 'user', 'viewer')),
  is_active boolean not null default true,
  created_at timestamptz not null default now()
);

create table tidegate.api_token (
  token_key bigint generated always as identity primary key,
  username text not null references tidegate.app_user on delete cascade,
  -- SHA-256 of the token; the token itself is never stored.
  token_hash text not null unique,
  name text,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
