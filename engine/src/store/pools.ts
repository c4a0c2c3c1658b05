import { TidegateError } from '../platform/errors.ts';
import type { Database, Tx } from './db.ts';
import { STORE_ERRORS } from './errors.ts';
import { notify } from './notifications.ts';
import { lockRegistration } from './registration-lock.ts';

/** Creates a pool or changes its slots; what runs in it keeps running. Throws `POOL_TOO_SMALL`. */
export async function savePool(
  database: Database,
  pool: { readonly name: string; readonly slots: number; readonly description?: string },
): Promise<void> {
  if (!Number.isInteger(pool.slots) || pool.slots < 0) {
    throw new TidegateError(
      STORE_ERRORS.invalid,
      `pool ${pool.name} cannot have ${pool.slots} slots: give a whole number from 0 on`,
    );
  }
  await database.transaction(async (tx) => {
    await refuseTooFew(tx, pool);
    await tx.query(
      `insert into tidegate.pool (name, slots, description)
       values ($1, $2, $3)
           on conflict (name) do update
          set slots = excluded.slots,
              description = coalesce(excluded.description, pool.description)`,
      [pool.name, pool.slots, pool.description ?? null],
    );
    await setCap(tx, pool);
  });
}

/** Creates a pool; throws `NAME_TAKEN` when there is one of this name, or `POOL_TOO_SMALL`. */
export async function createPool(
  database: Database,
  pool: { readonly name: string; readonly slots: number; readonly description?: string },
): Promise<void> {
  await database.transaction(async (tx) => {
    const made = await tx.query(
      `insert into tidegate.pool (name, slots, description)
       values ($1, $2, $3)
           on conflict do nothing`,
      [pool.name, pool.slots, pool.description ?? null],
    );
    if (made.rowCount === 0) {
      throw new TidegateError(STORE_ERRORS.exists, `there is a pool ${pool.name} already`);
    }
    await refuseTooFew(tx, pool);
    await setCap(tx, pool);
  });
}

/**
 * A task that takes more slots than its pool has would wait for ever and in silence. Looks at the DAGs as they are
 * registered and at the versions runs under way are pinned to. 0 slots close a pool: that nobody does by mistake.
 */
async function refuseTooFew(
  tx: Tx,
  { name, slots }: { readonly name: string; readonly slots: number },
): Promise<void> {
  if (slots === 0) return;
  await lockRegistration(tx);
  const { rows } = await tx.query<{ dag_id: string; task_id: string; slots: number }>(
    `select version.dag_id, task.value ->> 'id' as task_id, (task.value ->> 'poolSlots')::int as slots
       from (
         select version_key
           from tidegate.dag
          where not is_stale
          union
         select run.version_key
           from tidegate.live_run
           join tidegate.dag_run as run using (run_key)
       ) as used
       join tidegate.dag_version as version using (version_key),
            json_array_elements(version.serialized -> 'tasks') as task (value)
      where task.value ->> 'pool' = $1 and (task.value ->> 'poolSlots')::int > $2
      order by slots desc, version.dag_id, task_id
      limit 1`,
    [name, slots],
  );
  const largest = rows[0];
  if (largest === undefined) return;
  throw new TidegateError(
    STORE_ERRORS.poolTooSmall,
    `pool ${name} cannot have ${slots} slots: task ${largest.task_id} of DAG ${largest.dag_id} takes ${largest.slots} of them ` +
      `and would wait for ever: give it at least ${largest.slots}, lower the task's poolSlots first, or close the pool with 0 slots`,
  );
}

/** Admission goes by the limit's row. */
async function setCap(
  tx: Tx,
  pool: { readonly name: string; readonly slots: number },
): Promise<void> {
  await tx.query(
    `insert into tidegate.limit_usage (key, cap)
     values ($1, $2)
         on conflict (key) do update set cap = excluded.cap`,
    [`pool:${pool.name}`, pool.slots],
  );
  await notify(tx, { kind: 'dags' });
}

const DEFAULT_POOL = 'default_pool';

/** Removes a pool nothing runs in; false: there is none. Throws `POOL_KEPT`. Locks the pool's limit row. */
export async function deletePool(database: Database, name: string): Promise<boolean> {
  if (name === DEFAULT_POOL) {
    throw new TidegateError(STORE_ERRORS.poolKept, `${name} is where tasks without a pool run`);
  }
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ used: number }>(
      'select used from tidegate.limit_usage where key = $1 for update',
      [`pool:${name}`],
    );
    const used = rows[0]?.used ?? 0;
    if (used > 0) {
      throw new TidegateError(
        STORE_ERRORS.poolKept,
        `${used} slots of pool ${name} are taken: wait until its tasks end`,
      );
    }
    await tx.query('delete from tidegate.limit_usage where key = $1', [`pool:${name}`]);
    const { rowCount } = await tx.query('delete from tidegate.pool where name = $1', [name]);
    await notify(tx, { kind: 'dags' });
    return rowCount === 1;
  });
}
