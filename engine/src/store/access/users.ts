import { TidegateError } from '../../platform/errors.ts';
import type { Database, Sql, Tx } from '../db.ts';
import { STORE_ERRORS } from '../errors.ts';

export type Role = 'viewer' | 'user' | 'op' | 'admin';

export interface UserRow {
  readonly username: string;
  readonly password_hash: string;
  readonly role: Role;
  readonly is_active: boolean;
}

/** A user as administrators see one. */
export interface ListedUser {
  readonly username: string;
  readonly role: Role;
  readonly is_active: boolean;
  readonly created_at: Date;
}

/** Who signs in under this name, if anybody. */
export async function findUser(sql: Sql, username: string): Promise<UserRow | undefined> {
  const { rows } = await sql.query<UserRow>(
    `select username, password_hash, role, is_active
       from tidegate.app_user
      where username = $1`,
    [username],
  );
  return rows[0];
}

/** Users by name. */
export async function listUsers(
  sql: Sql,
  page: { readonly username?: string; readonly limit: number; readonly offset: number },
): Promise<{ users: ListedUser[]; total: number }> {
  const { rows } = await sql.query<ListedUser & { total: number }>(
    `select username, role, is_active, created_at, count(*) over () as total
       from tidegate.app_user
      where $1::text is null or username = $1
      order by username
      limit $2 offset $3`,
    [page.username ?? null, page.limit, page.offset],
  );
  return { users: rows, total: rows[0]?.total ?? 0 };
}

/** Adds a user, or gives an existing one this password and role. */
export async function upsertUser(sql: Sql, user: Omit<UserRow, 'is_active'>): Promise<void> {
  await sql.query(
    `insert into tidegate.app_user (username, password_hash, role)
     values ($1, $2, $3)
         on conflict (username) do update
        set password_hash = excluded.password_hash, role = excluded.role`,
    [user.username, user.password_hash, user.role],
  );
}

/** Adds a user; throws `NAME_TAKEN` when there is one of this name. */
export async function createUser(sql: Sql, user: Omit<UserRow, 'is_active'>): Promise<void> {
  const { rowCount } = await sql.query(
    `insert into tidegate.app_user (username, password_hash, role)
     values ($1, $2, $3)
         on conflict do nothing`,
    [user.username, user.password_hash, user.role],
  );
  if (rowCount === 1) return;
  throw new TidegateError(STORE_ERRORS.exists, `there is a user ${user.username} already`);
}

/**
 * Changes what is given of a user and ends their sessions and tokens; false: there is none. Throws
 * `LAST_ADMIN` rather than leave nobody who may administer.
 */
export async function changeUser(
  database: Database,
  username: string,
  change: Partial<Omit<UserRow, 'username'>>,
): Promise<boolean> {
  return database.transaction(async (tx) => {
    const { rowCount } = await tx.query(
      `update tidegate.app_user
          set password_hash = coalesce($2, password_hash), role = coalesce($3, role),
              is_active = coalesce($4, is_active)
        where username = $1`,
      [username, change.password_hash ?? null, change.role ?? null, change.is_active ?? null],
    );
    if (rowCount === 0) return false;
    await tx.query('delete from tidegate.api_token where username = $1', [username]);
    await refuseNoAdmin(tx);
    return true;
  });
}

/** Removes a user with their tokens; false: there is none. Throws `LAST_ADMIN`. */
export async function deleteUser(database: Database, username: string): Promise<boolean> {
  return database.transaction(async (tx) => {
    const { rowCount } = await tx.query('delete from tidegate.app_user where username = $1', [
      username,
    ]);
    await refuseNoAdmin(tx);
    return rowCount === 1;
  });
}

/** Any constant: two administrators who remove each other go one after the other. */
const ADMIN_LOCK = 7_433_006;

async function refuseNoAdmin(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [ADMIN_LOCK]);
  const { rowCount } = await tx.query(
    `select 1 from tidegate.app_user where role = 'admin' and is_active limit 1`,
  );
  if (rowCount !== 0) return;
  throw new TidegateError(
    STORE_ERRORS.lastAdmin,
    'nobody could administer then: make another administrator first',
  );
}
