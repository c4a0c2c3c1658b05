import { findDagSource, listDagVersions } from '@tidegate/engine/server';
import { z } from 'zod';

import {
  dagSourceQuery,
  dagSourceResponse,
  dagVersionCollection,
  pageQuery,
} from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { WebError } from '../errors.ts';
import { toDagVersion } from '../read-models/dag-version.ts';
import { getDag } from './not-found.ts';

const params = z.object({ dag_id: z.string() });

/** Versions of a DAG and their source. */
export function dagVersionRoutes(app: Api, { database }: RouteContext): void {
  app.get(
    '/api/v2/dags/:dag_id/dagVersions',
    {
      config: { access: 'viewer' },
      schema: { params, querystring: pageQuery, response: { 200: dagVersionCollection } },
    },
    async ({ params: { dag_id: dagId }, query }) => {
      await getDag(database, dagId);
      const { versions, total } = await listDagVersions(database, dagId, query);
      return { dag_versions: versions.map(toDagVersion), total_entries: total };
    },
  );

  app.get(
    '/api/v2/dagSources/:dag_id',
    {
      config: { access: 'viewer' },
      schema: { params, querystring: dagSourceQuery, response: { 200: dagSourceResponse } },
    },
    async ({ params: { dag_id: dagId }, query: { version_number: number = null } }) => {
      const found = await findDagSource(database, dagId, number);
      if (found === undefined) {
        const version = number === null ? '' : ` in version ${number}`;
        throw new WebError('NOT_FOUND', `The source of DAG \`${dagId}\`${version} was not found`);
      }
      return {
        content: found.source,
        dag_id: dagId,
        dag_display_name: dagId,
        version_number: found.number,
      };
    },
  );
}
