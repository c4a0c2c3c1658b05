import { listImportErrors } from '@tidegate/engine/server';
import { z } from 'zod';

import {
  importErrorCollection,
  importErrorListQuery,
  importErrorResponse,
} from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { WebError } from '../errors.ts';
import { toOrder } from '../query.ts';
import { toImportError } from '../read-models/import-error.ts';

const ORDER = { id: 'id', timestamp: 'timestamp', filename: 'filename' } as const;

export function importErrorRoutes(app: Api, { database }: RouteContext): void {
  app.get(
    '/api/v2/importErrors',
    {
      config: { access: 'viewer' },
      schema: { querystring: importErrorListQuery, response: { 200: importErrorCollection } },
    },
    async ({ query: { filename_pattern: filePattern, order_by: orderBy, limit, offset } }) => {
      const order = toOrder<keyof typeof ORDER>(orderBy, ORDER);
      const filter = { filePattern, order, limit, offset };
      const { errors, total } = await listImportErrors(database, filter);
      return { import_errors: errors.map(toImportError), total_entries: total };
    },
  );

  app.get(
    '/api/v2/importErrors/:import_error_id',
    {
      config: { access: 'viewer' },
      schema: {
        params: z.object({ import_error_id: z.coerce.number().int().nonnegative() }),
        response: { 200: importErrorResponse },
      },
    },
    async ({ params: { import_error_id: id } }) => {
      const { errors } = await listImportErrors(database, { id, limit: 1, offset: 0 });
      if (errors[0] !== undefined) return toImportError(errors[0]);
      throw new WebError(
        'NOT_FOUND',
        `The ImportError with import_error_id: \`${id}\` was not found`,
      );
    },
  );
}
