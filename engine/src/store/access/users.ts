import type { Sql } from '../db.ts';

export type Role = 'viewer' | 'user' | 'op' | 'admin';

export interface UserRow {
  readonly username: string;
  readonly password_hash: string;
  readonly role: Role;
  readonly is_active: boolean;
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
