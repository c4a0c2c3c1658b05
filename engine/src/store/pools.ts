import { TidegateError } from '../platform/errors.ts';
import type { Database } from './db.ts';
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
    await tx.query(
      `insert into tidegate.limit_usage (key, cap)
       values ($1, $2)
           on conflict (key) do update set cap = excluded.cap`,
      [`pool:${pool.name}`, pool.slots],
    );
    await notify(tx, { kind: 'dags' });
  });
}
