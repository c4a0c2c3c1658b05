import { createHash, randomBytes } from 'node:crypto';

import {
  changeUser,
  type Database,
  deleteToken,
  deleteUser,
  findTokenOwner,
  findUser,
  insertToken,
  type TokenOwner,
  upsertUser,
} from '@tidegate/engine/server';

import { type Role, ROLES } from '../contract/auth.ts';
import { WebError } from './errors.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { SESSION_SECONDS } from './session-cookie.ts';
import { SignInThrottle } from './sign-in-throttle.ts';

/** What the first administrator signs in with until `TIDEGATE_ADMIN_PASSWORD` says otherwise. */
export const DEFAULT_PASSWORD = 'admin';

const TOKEN_LIFETIME_SECONDS = 24 * 3_600;
/** How long a token that was just checked is believed without asking the database again. */
const BELIEVED_MS = 5_000;
const MOST_BELIEVED = 1_000;

/** Who wants in, and from where. */
export interface SignIn {
  readonly username: string;
  readonly password: string;
  /** Address of the caller: failures slow down further tries from there. */
  readonly address: string;
  /** Others than this machine can reach the server: the default password is refused. */
  readonly isExposed: boolean;
}

/** Signs users in and says whose token a request carries. */
export class Access {
  readonly #database: Database;
  readonly #believed = new Map<string, { owner: TokenOwner; untilMs: number }>();
  readonly #throttle = new SignInThrottle();
  readonly #now: () => number;

  /** `now` is the clock failed sign-ins are timed by, in milliseconds. (Default: since this process started) */
  constructor(database: Database, now: () => number = () => performance.now()) {
    this.#database = database;
    this.#now = now;
  }

  /** Makes sure `admin` exists; a password given always becomes theirs. */
  async ensureAdmin(password: string | undefined): Promise<void> {
    const existing = await findUser(this.#database, 'admin');
    if (existing !== undefined && password === undefined) return;
    const passwordHash = await hashPassword(password ?? DEFAULT_PASSWORD);
    const admin = { username: 'admin', password_hash: passwordHash, role: 'admin' } as const;
    await upsertUser(this.#database, admin);
  }

  /** The user, for who knows the password. Throws `SIGN_IN_FAILED`, `DEFAULT_PASSWORD_REFUSED`, `TOO_MANY_TRIES`. */
  async signIn({ username, password, address, isExposed }: SignIn): Promise<TokenOwner> {
    const attempt = this.#throttle.begin(username, address, this.#now());
    const user = await findUser(this.#database, username);
    const isRight = await verifyPassword(password, user?.password_hash ?? (await unknownUserHash));
    if (user === undefined || !isRight || !user.is_active) {
      throw new WebError('SIGN_IN_FAILED', 'Invalid credentials');
    }
    attempt.succeeded();
    if (isExposed && password === DEFAULT_PASSWORD) {
      throw new WebError(
        'DEFAULT_PASSWORD_REFUSED',
        'the default password only works on this machine itself; set TIDEGATE_ADMIN_PASSWORD and restart',
      );
    }
    return { username, role: user.role };
  }

  /** A new token for the `Authorization` header; `lifetimeSeconds` is a day unless said otherwise. */
  async issueToken(
    username: string,
    name: string,
    lifetimeSeconds = TOKEN_LIFETIME_SECONDS,
  ): Promise<string> {
    return this.#issue(`tg_${randomText()}`, { username, name, lifetimeSeconds });
  }

  /** A new session, for the cookie only. */
  async openSession(username: string): Promise<string> {
    const session = { username, name: 'session', lifetimeSeconds: SESSION_SECONDS };
    return this.#issue(`tgs_${randomText()}`, session);
  }

  /** Ends a token or session at once here, within five seconds in other processes. */
  async revoke(token: string): Promise<void> {
    const hash = hashToken(token);
    await deleteToken(this.#database, hash);
    this.#believed.delete(hash);
  }

  /** Changes one's own password; every session and token of the user ends. Throws `SIGN_IN_FAILED`. */
  async changePassword(username: string, given: { current: string; next: string }): Promise<void> {
    const user = await findUser(this.#database, username);
    if (user === undefined || !(await verifyPassword(given.current, user.password_hash))) {
      throw new WebError('SIGN_IN_FAILED', 'the current password is not right');
    }
    await this.changeUser(username, { password: given.next });
  }

  /** Changes a user, whose sessions and tokens end; false: there is none. */
  async changeUser(
    username: string,
    change: { readonly password?: string; readonly role?: Role; readonly is_active?: boolean },
  ): Promise<boolean> {
    const { password, ...rest } = change;
    const isKnown = await changeUser(this.#database, username, {
      ...rest,
      ...(password === undefined ? {} : { password_hash: await hashPassword(password) }),
    });
    this.#believed.clear();
    return isKnown;
  }

  /** Removes a user with their sessions and tokens; false: there is none. */
  async deleteUser(username: string): Promise<boolean> {
    const isKnown = await deleteUser(this.#database, username);
    this.#believed.clear();
    return isKnown;
  }

  async findOwner(token: string): Promise<TokenOwner | undefined> {
    const hash = hashToken(token);
    const believed = this.#believed.get(hash);
    if (believed !== undefined && believed.untilMs > performance.now()) return believed.owner;
    const owner = await findTokenOwner(this.#database, hash);
    this.#believed.delete(hash);
    if (owner === undefined) return undefined;
    if (this.#believed.size >= MOST_BELIEVED) this.#believed.clear();
    this.#believed.set(hash, { owner, untilMs: performance.now() + BELIEVED_MS });
    return owner;
  }

  async #issue(
    token: string,
    of: { readonly username: string; readonly name: string; readonly lifetimeSeconds: number },
  ): Promise<string> {
    await insertToken(this.#database, { ...of, tokenHash: hashToken(token) });
    return token;
  }
}

/** True when `role` includes what `needed` may do. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

// Unknown names take as long as wrong passwords: the answer's time tells nothing.
const unknownUserHash = hashPassword(randomBytes(16).toString('hex'));

function randomText(): string {
  return randomBytes(32).toString('base64url');
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
