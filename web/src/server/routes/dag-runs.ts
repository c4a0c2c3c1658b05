import { findRun, listRuns, type RunRow } from '@tidegate/engine/server';
import type { FastifyInstance } from 'fastify';

import {
  type DagRunCollection,
  dagRunListQuery,
  type DagRunResponse,
  MOST_COUNTED,
  triggerRequest,
} from '../../contract/index.ts';
import type { WebContext } from '../app.ts';
import { WebError } from '../errors.ts';
import { toDagRun } from '../read-models/dag-run.ts';
import { toTrigger } from '../read-models/trigger.ts';

interface RunParams {
  readonly dag_id: string;
  readonly dag_run_id: string;
}

const RUNS = '/api/v2/dags/:dag_id/dagRuns';

export function dagRunRoutes(app: FastifyInstance, { database, runs }: WebContext): void {
  app.get<{ Params: Pick<RunParams, 'dag_id'> }>(
    RUNS,
    { config: { access: 'viewer' } },
    async (request): Promise<DagRunCollection> => {
      const { state, limit, offset } = dagRunListQuery.parse(request.query);
      const { dag_id: dagId } = request.params;
      const found = await listRuns(database, {
        limit,
        offset,
        ...(dagId === '~' ? {} : { dagId }),
        ...(state?.[0] === undefined ? {} : { state: state[0] }),
      });
      return {
        dag_runs: found.runs.map(toDagRun),
        total_entries: found.total,
        total_entries_limit: MOST_COUNTED,
      };
    },
  );

  app.post<{ Params: Pick<RunParams, 'dag_id'> }>(
    RUNS,
    { config: { access: 'user' } },
    async (request): Promise<DagRunResponse> => {
      const { dag_id: dagId } = request.params;
      const body = triggerRequest.parse(request.body ?? {});
      const user = request.user?.username ?? null;
      const { runId } = await runs.triggerRun(toTrigger(dagId, body, user));
      return toDagRun(await getRun(dagId, runId));
    },
  );

  app.get<{ Params: RunParams }>(
    `${RUNS}/:dag_run_id`,
    { config: { access: 'viewer' } },
    async (request): Promise<DagRunResponse> =>
      toDagRun(await getRun(request.params.dag_id, request.params.dag_run_id)),
  );

  async function getRun(dagId: string, runId: string): Promise<RunRow> {
    const run = await findRun(database, dagId, runId);
    if (run !== undefined) return run;
    throw runNotFound(dagId, runId);
  }
}

/** In Airflow's words. */
export function runNotFound(dagId: string, runId: string): WebError {
  return new WebError(
    'NOT_FOUND',
    `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` was not found`,
  );
}
