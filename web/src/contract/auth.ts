import { z } from 'zod';

/** `POST /auth/token`, as Airflow's. */
export const tokenRequest = z.object({ username: z.string().min(1), password: z.string().min(1) });
export type TokenRequest = z.infer<typeof tokenRequest>;

export const tokenResponse = z.object({ access_token: z.string() });
export type TokenResponse = z.infer<typeof tokenResponse>;

/** What a role may do includes what the ones before it may. */
export const ROLES = ['viewer', 'user', 'op', 'admin'] as const;
export type Role = (typeof ROLES)[number];
