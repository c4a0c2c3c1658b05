import { type DagRow, findDag, listDags, listNextExecutions } from '@tidegate/engine/server';
import type { FastifyInstance } from 'fastify';

import {
  type DagCollection,
  dagListQuery,
  dagPatch,
  type DagResponse,
  type NextExecutions,
  nextExecutionsQuery,
} from '../../contract/index.ts';
import type { WebContext } from '../app.ts';
import { toDag, toNextExecution } from '../read-models/dag.ts';
import { WebError } from '../errors.ts';

interface DagParams {
  readonly dag_id: string;
}

const DAG = '/api/v2/dags/:dag_id';

export function dagRoutes(app: FastifyInstance, { database, runs }: WebContext): void {
  const getDag = async (dagId: string): Promise<DagRow> => {
    const dag = await findDag(database, dagId);
    if (dag === undefined) throw dagNotFound(dagId);
    return dag;
  };

  app.get(
    '/api/v2/dags',
    { config: { access: 'viewer' } },
    async (request): Promise<DagCollection> => {
      const { dag_id_pattern: pattern, paused, limit, offset } = dagListQuery.parse(request.query);
      const { dags, total } = await listDags(database, {
        limit,
        offset,
        ...(pattern === undefined ? {} : { pattern }),
        ...(paused === undefined ? {} : { paused }),
      });
      return { dags: dags.map(toDag), total_entries: total };
    },
  );

  app.get<{ Params: DagParams }>(
    DAG,
    { config: { access: 'viewer' } },
    async (request): Promise<DagResponse> => toDag(await getDag(request.params.dag_id)),
  );

  app.patch<{ Params: DagParams }>(
    DAG,
    { config: { access: 'user' } },
    async (request): Promise<DagResponse> => {
      const { dag_id: dagId } = request.params;
      const { is_paused: isPaused } = dagPatch.parse(request.body);
      if (!(await runs.setPaused(dagId, isPaused))) throw dagNotFound(dagId);
      return toDag(await getDag(dagId));
    },
  );

  app.get<{ Params: DagParams }>(
    `${DAG}/nextExecutions`,
    { config: { access: 'viewer' } },
    async (request): Promise<NextExecutions> => {
      const { count, after } = nextExecutionsQuery.parse(request.query);
      const { serialized } = await getDag(request.params.dag_id);
      const from = after === undefined ? new Date() : new Date(after);
      return { executions: listNextExecutions(serialized, from, count).map(toNextExecution) };
    },
  );
}

/** The error of every route below a DAG that does not exist, in Airflow's words. */
export function dagNotFound(dagId: string): WebError {
  return new WebError('NOT_FOUND', `The DAG with dag_id: \`${dagId}\` was not found`);
}
