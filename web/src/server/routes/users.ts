import { createUser, type Database, type ListedUser, listUsers } from '@tidegate/engine/server';
import { z } from 'zod';

import {
  pageQuery,
  userCollection,
  userCreateRequest,
  userPatchRequest,
  userResponse,
  type UserResponse,
} from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { WebError } from '../errors.ts';
import { hashPassword } from '../passwords.ts';

const params = z.object({ username: z.string() });

/** Users and their roles, for administrators. */
export function userRoutes(app: Api, { access, database }: RouteContext): void {
  app.get(
    '/auth/users',
    {
      config: { access: 'admin' },
      schema: { querystring: pageQuery, response: { 200: userCollection } },
    },
    async ({ query }) => {
      const { users, total } = await listUsers(database, query);
      return { users: users.map(toUser), total_entries: total };
    },
  );

  app.post(
    '/auth/users',
    {
      config: { access: 'admin', audit: 'post_user' },
      schema: { body: userCreateRequest, response: { 201: userResponse } },
    },
    async ({ body: { username, password, role } }, reply) => {
      const passwordHash = await hashPassword(password);
      await createUser(database, { username, password_hash: passwordHash, role });
      return reply.code(201).send(await getUser(database, username));
    },
  );

  app.patch(
    '/auth/users/:username',
    {
      config: { access: 'admin', audit: 'patch_user' },
      schema: { params, body: userPatchRequest, response: { 200: userResponse } },
    },
    async ({ params: { username }, body: { password, role, is_active: isActive } }) => {
      const isKnown = await access.changeUser(username, {
        ...(password === undefined ? {} : { password }),
        ...(role === undefined ? {} : { role }),
        ...(isActive === undefined ? {} : { is_active: isActive }),
      });
      if (!isKnown) throw userNotFound(username);
      return getUser(database, username);
    },
  );

  app.delete(
    '/auth/users/:username',
    {
      config: { access: 'admin', audit: 'delete_user' },
      schema: { params, response: { 204: z.null() } },
    },
    async ({ params: { username } }, reply) => {
      // A start without this account would make it anew, with the default password.
      if (username === 'admin') {
        throw new WebError('NOT_ALLOWED', 'the account admin stays: deactivate it instead');
      }
      if (!(await access.deleteUser(username))) throw userNotFound(username);
      return reply.code(204).send(null);
    },
  );
}

async function getUser(database: Database, username: string): Promise<UserResponse> {
  const { users } = await listUsers(database, { username, limit: 1, offset: 0 });
  if (users[0] === undefined) throw userNotFound(username);
  return toUser(users[0]);
}

function toUser(row: ListedUser): UserResponse {
  const { username, role, is_active: isActive, created_at: createdAt } = row;
  return { username, role, is_active: isActive, created_at: createdAt.toISOString() };
}

function userNotFound(username: string): WebError {
  return new WebError('NOT_FOUND', `The user \`${username}\` was not found`);
}
