import {
  createPool,
  type Database,
  deletePool,
  listPools,
  savePool,
} from '@tidegate/engine/server';
import { z } from 'zod';

import {
  poolCollection,
  poolListQuery,
  poolPatch,
  poolRequest,
  poolResponse,
  type PoolResponse,
} from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { WebError } from '../errors.ts';
import { toOrder } from '../query.ts';
import { toPool } from '../read-models/pool.ts';

const POOL = '/api/v2/pools/:pool_name';
const params = z.object({ pool_name: z.string() });
const ORDER = { name: 'name', id: 'name', slots: 'slots' } as const;

export function poolRoutes(app: Api, { database }: RouteContext): void {
  app.get(
    '/api/v2/pools',
    {
      config: { access: 'viewer' },
      schema: { querystring: poolListQuery, response: { 200: poolCollection } },
    },
    async ({ query: { pool_name_pattern: pattern, order_by: orderBy, limit, offset } }) => {
      const order = toOrder<'name' | 'slots'>(orderBy, ORDER);
      const { pools, total } = await listPools(database, { pattern, order, limit, offset });
      return { pools: pools.map(toPool), total_entries: total };
    },
  );

  app.get(
    POOL,
    { config: { access: 'viewer' }, schema: { params, response: { 200: poolResponse } } },
    async (request) => getPool(database, request.params.pool_name),
  );

  app.post(
    '/api/v2/pools',
    {
      config: { access: 'op', audit: 'post_pool' },
      schema: { body: poolRequest, response: { 201: poolResponse } },
    },
    async ({ body: { name, slots, description } }, reply) => {
      await createPool(database, { name, slots, ...(description == null ? {} : { description }) });
      return reply.code(201).send(await getPool(database, name));
    },
  );

  app.patch(
    POOL,
    {
      config: { access: 'op', audit: 'patch_pool' },
      schema: { params, body: poolPatch, response: { 200: poolResponse } },
    },
    async ({ params: { pool_name: name }, body: { slots, description } }) => {
      const pool = await getPool(database, name);
      await savePool(database, {
        name,
        slots: slots ?? pool.slots,
        ...(description == null ? {} : { description }),
      });
      return getPool(database, name);
    },
  );

  app.delete(
    POOL,
    {
      config: { access: 'op', audit: 'delete_pool' },
      schema: { params, response: { 204: z.null() } },
    },
    async ({ params: { pool_name: name } }, reply) => {
      if (!(await deletePool(database, name))) await getPool(database, name);
      return reply.code(204).send(null);
    },
  );
}

async function getPool(database: Database, name: string): Promise<PoolResponse> {
  const { pools } = await listPools(database, { name, limit: 1, offset: 0 });
  if (pools[0] !== undefined) return toPool(pools[0]);
  throw new WebError('NOT_FOUND', `The Pool with name: \`${name}\` was not found`);
}
