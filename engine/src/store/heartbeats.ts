import type { Sql } from './db.ts';

interface HeldTask {
  readonly runKey: number;
  readonly ix: number;
  readonly tryNumber: number;
  readonly token: number;
}

/** States of the task instances these tries still hold, by token; a token that is missing lost its own. */
export async function readHolders(
  sql: Sql,
  tasks: readonly HeldTask[],
): Promise<Map<number, string>> {
  if (tasks.length === 0) return new Map();
  const result = await sql.query<{ token: number; state: string }>(
    `select task.token, task.state
       from unnest($1::bigint[], $2::int[], $3::int[], $4::bigint[])
            as held (run_key, ix, try_number, token)
       join tidegate.task_instance as task
         on task.run_key = held.run_key and task.ix = held.ix
        and task.try_number = held.try_number and task.token = held.token`,
    [
      tasks.map((task) => task.runKey),
      tasks.map((task) => task.ix),
      tasks.map((task) => task.tryNumber),
      tasks.map((task) => task.token),
    ],
  );
  return new Map(result.rows.map((row) => [row.token, row.state]));
}

/** Keeps what running tries say of themselves. A try that has ended meanwhile keeps its ending. */
export async function noteProgress(
  sql: Sql,
  tasks: readonly (HeldTask & {
    readonly progress?: { readonly done: number; readonly total?: number | undefined } | undefined;
    readonly waitingFor?: string | undefined;
  })[],
): Promise<void> {
  if (tasks.length === 0) return;
  await sql.query(
    `insert into tidegate.task_try as try
       (run_key, ix, try_number, state, token, progress, waiting_for)
     select run_key, ix, try_number, 'running', token, progress, waiting_for
       from unnest($1::bigint[], $2::int[], $3::int[], $4::bigint[], $5::text[], $6::text[])
            as told (run_key, ix, try_number, token, progress, waiting_for)
         on conflict (run_key, ix, try_number) do update
        set progress = coalesce(excluded.progress, try.progress),
            waiting_for = excluded.waiting_for
      where try.state = 'running'`,
    [
      tasks.map((task) => task.runKey),
      tasks.map((task) => task.ix),
      tasks.map((task) => task.tryNumber),
      tasks.map((task) => task.token),
      tasks.map((task) => (task.progress === undefined ? null : JSON.stringify(task.progress))),
      tasks.map((task) => printable(task.waitingFor)),
    ],
  );
}

/** What runs stand still for, in key order. */
export async function setWaitingFor(
  sql: Sql,
  runs: readonly { readonly runKey: number; readonly what: string | null }[],
): Promise<void> {
  for (const { runKey, what } of runs) {
    await sql.query(
      `update tidegate.dag_run set waiting_for = $2 where run_key = $1 and state = 'running'`,
      [runKey, printable(what ?? undefined)],
    );
  }
}

/** PostgreSQL's text cannot hold a zero byte. */
function printable(text: string | undefined): string | null {
  return text?.replaceAll('\0', '') ?? null;
}
