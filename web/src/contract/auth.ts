import { z } from 'zod';

import { instant } from './common.ts';

/** What a role may do includes what the ones before it may. */
export const ROLES = ['viewer', 'user', 'op', 'admin'] as const;
export type Role = (typeof ROLES)[number];
const role = z.enum(ROLES);

const username = z
  .string()
  .regex(/^[A-Za-z0-9_.@-]{1,100}$/, 'letters, digits and _ . @ - only, 100 at most');

/** A new password; `admin` itself is refused for the account `admin`. */
const newPassword = z.string().min(8).max(200);

/** `POST /auth/token` and `/auth/token/cli` as Airflow's, and `POST /auth/session`. */
export const tokenRequest = z.object({
  username: z.string().min(1).max(200),
  password: z.string().min(1).max(200),
});
export type TokenRequest = z.infer<typeof tokenRequest>;

export const tokenResponse = z.object({ access_token: z.string() });
export type TokenResponse = z.infer<typeof tokenResponse>;

/**
 * `POST /auth/session` signs a browser in (the cookie is `HttpOnly`), `GET` answers who it is, `DELETE`
 * signs it out.
 */
export const sessionResponse = z.object({ username: z.string(), role });
export type SessionResponse = z.infer<typeof sessionResponse>;

/** `PUT /auth/password`: one's own; ends every other session and token of the account. */
export const passwordRequest = z.object({
  current_password: z.string().min(1).max(200),
  new_password: newPassword,
});
export type PasswordRequest = z.infer<typeof passwordRequest>;

/** `/auth/users`: administrators only. */
export const userResponse = z.object({
  username: z.string(),
  role,
  is_active: z.boolean(),
  created_at: instant,
});
export type UserResponse = z.infer<typeof userResponse>;

export const userCollection = z.object({
  users: z.array(userResponse),
  total_entries: z.number().int(),
});
export type UserCollection = z.infer<typeof userCollection>;

export const userCreateRequest = z.object({ username, password: newPassword, role });
export type UserCreateRequest = z.infer<typeof userCreateRequest>;

/** A changed password, role or deactivation ends every session and token of the user. */
export const userPatchRequest = z
  .object({ password: newPassword, role, is_active: z.boolean() })
  .partial();
export type UserPatchRequest = z.infer<typeof userPatchRequest>;
