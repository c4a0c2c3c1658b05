-- What a flush writes of a task instance and of a try, one value a row: an array for every column costs the
-- server more than the rows themselves do, since each is unnested into a table of its own. Texts that may hold
-- anything (what a branch chose, outputs, errors) stay arrays.

create type tidegate.task_step as (
  run_key bigint,
  ix integer,
  state text,
  try_number integer,
  max_tries integer,
  token bigint,
  success integer,
  failed integer,
  upstream_failed integer,
  skipped integer,
  removed integer,
  setup_success integer,
  setup_skipped integer,
  session_key bigint,
  clear_number integer,
  scheduled_ms bigint,
  start_ms bigint,
  end_ms bigint,
  first_start_ms bigint,
  due_ms bigint
);

create type tidegate.try_step as (
  run_key bigint,
  ix integer,
  try_number integer,
  state text,
  token bigint,
  clear_number integer,
  session_key bigint,
  scheduled_ms bigint,
  start_ms bigint,
  end_ms bigint
);
