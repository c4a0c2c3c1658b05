import { listNextExecutions } from '@tidegate/engine/server';
import { z } from 'zod';

import { nextExecutions, nextExecutionsQuery } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { toNextExecution } from '../read-models/dag.ts';
import { getDag } from './not-found.ts';

/** What a DAG's timetable asks for next. */
export function nextExecutionRoutes(app: Api, { database }: RouteContext): void {
  app.get(
    '/api/v2/dags/:dag_id/nextExecutions',
    {
      config: { access: 'viewer' },
      schema: {
        params: z.object({ dag_id: z.string() }),
        querystring: nextExecutionsQuery,
        response: { 200: nextExecutions },
      },
    },
    async ({ params, query: { count, after } }) => {
      const { serialized } = await getDag(database, params.dag_id);
      const from = after === undefined ? new Date() : new Date(after);
      return { executions: listNextExecutions(serialized, from, count).map(toNextExecution) };
    },
  );
}
