import { TidegateError } from '../platform/errors.ts';
import type { Database, Tx } from './db.ts';
import { STORE_ERRORS } from './errors.ts';
import { notify } from './notifications.ts';

/** Creates a pool or changes its slots; what runs in it keeps running. */
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

/** Creates a pool; throws `NAME_TAKEN` when there is one of this name. */
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
    await setCap(tx, pool);
  });
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
