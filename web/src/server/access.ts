import { createHash, randomBytes } from 'node:crypto';

import {
  findTokenOwner,
  findUser,
  insertToken,
  type Sql,
  type TokenOwner,
  upsertUser,
} from '@tidegate/engine/server';

import { type Role, ROLES } from '../contract/auth.ts';
import { WebError } from './errors.ts';
import { hashPassword, verifyPassword } from './passwords.ts';

/** What the first administrator signs in with until `TIDEGATE_ADMIN_PASSWORD` says otherwise. */
export const DEFAULT_PASSWORD = 'admin';

const TOKEN_LIFETIME_SECONDS = 24 * 3_600;
/** How long a token that was just checked is believed without asking the database again. */
const BELIEVED_MS = 5_000;
const MOST_BELIEVED = 1_000;

/** Signs users in and says whose token a request carries. */
export class Access {
  readonly #sql: Sql;
  readonly #believed = new Map<string, { owner: TokenOwner; untilMs: number }>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Makes sure `admin` exists; a password given always becomes theirs. */
  async ensureAdmin(password: string | undefined): Promise<void> {
    const existing = await findUser(this.#sql, 'admin');
    if (existing !== undefined && password === undefined) return;
    const passwordHash = await hashPassword(password ?? DEFAULT_PASSWORD);
    await upsertUser(this.#sql, { username: 'admin', password_hash: passwordHash, role: 'admin' });
  }

  /**
   * A new token for a user who knows the password. With `isExposed` the default password is refused: whoever
   * can reach the server from elsewhere knows it too.
   */
  async signIn(username: string, password: string, isExposed: boolean): Promise<string> {
    const user = await findUser(this.#sql, username);
    const isRight = await verifyPassword(password, user?.password_hash ?? (await unknownUserHash));
    if (user === undefined || !isRight || !user.is_active) {
      throw new WebError('SIGN_IN_FAILED', 'Invalid credentials');
    }
    if (isExposed && password === DEFAULT_PASSWORD) {
      throw new WebError(
        'DEFAULT_PASSWORD_REFUSED',
        'the default password only works on this machine itself; set TIDEGATE_ADMIN_PASSWORD and restart',
      );
    }
    return this.issueToken(username, 'sign-in');
  }

  /** A new token; `lifetimeSeconds` is a day unless said otherwise. */
  async issueToken(
    username: string,
    name: string,
    lifetimeSeconds = TOKEN_LIFETIME_SECONDS,
  ): Promise<string> {
    const token = `tg_${randomBytes(32).toString('base64url')}`;
    await insertToken(this.#sql, { username, tokenHash: hashToken(token), name, lifetimeSeconds });
    return token;
  }

  async findOwner(token: string): Promise<TokenOwner | undefined> {
    const hash = hashToken(token);
    const believed = this.#believed.get(hash);
    if (believed !== undefined && believed.untilMs > performance.now()) return believed.owner;
    const owner = await findTokenOwner(this.#sql, hash);
    this.#believed.delete(hash);
    if (owner === undefined) return undefined;
    if (this.#believed.size >= MOST_BELIEVED) this.#believed.clear();
    this.#believed.set(hash, { owner, untilMs: performance.now() + BELIEVED_MS });
    return owner;
  }
}

/** True when `role` includes what `needed` may do. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

// Unknown names take as long as wrong passwords: the answer's time tells nothing.
const unknownUserHash = hashPassword(randomBytes(16).toString('hex'));

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
