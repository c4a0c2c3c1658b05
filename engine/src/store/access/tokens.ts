import type { Sql } from '../db.ts';
import type { Role } from './users.ts';

export interface TokenOwner {
  readonly username: string;
  readonly role: Role;
}

export interface NewToken {
  readonly username: string;
  /** SHA-256 of the token, hex. */
  readonly tokenHash: string;
  readonly name: string | null;
  readonly lifetimeSeconds: number;
}

/** Stores a token; dead ones of the same user are cleared away in passing. */
export async function insertToken(sql: Sql, token: NewToken): Promise<void> {
  await sql.query(
    `with cleared as (
       delete from tidegate.api_token
        where username = $1
          and expires_at < now()
     )
     insert into tidegate.api_token (username, token_hash, name, expires_at)
     values ($1, $2, $3, now() + make_interval(secs => $4))`,
    [token.username, token.tokenHash, token.name, token.lifetimeSeconds],
  );
}

/** Whose living token has this hash, if anybody's. */
export async function findTokenOwner(sql: Sql, tokenHash: string): Promise<TokenOwner | undefined> {
  const { rows } = await sql.query<{ username: string; role: Role }>(
    `select app_user.username, app_user.role
       from tidegate.api_token
       join tidegate.app_user using (username)
      where api_token.token_hash = $1
        and app_user.is_active
        and (api_token.expires_at is null or api_token.expires_at > now())`,
    [tokenHash],
  );
  return rows[0];
}

/** Ends a token. */
export async function deleteToken(sql: Sql, tokenHash: string): Promise<void> {
  await sql.query('delete from tidegate.api_token where token_hash = $1', [tokenHash]);
}
