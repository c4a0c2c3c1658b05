import { deleteRun, setRunNote } from '@tidegate/engine/server';
import { z } from 'zod';

import {
  dagRunPatch,
  dagRunResponse,
  triggerRequest,
  updateMaskQuery,
} from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { toDagRun } from '../read-models/dag-run.ts';
import { toTrigger } from '../read-models/trigger.ts';
import { getRun } from './not-found.ts';

const RUNS = '/api/v2/dags/:dag_id/dagRuns';
const dagParams = z.object({ dag_id: z.string() });
const runParams = dagParams.extend({ dag_run_id: z.string() });

/** Runs: triggered, marked, noted, deleted. */
export function dagRunChangeRoutes(app: Api, { database, runs }: RouteContext): void {
  app.post(
    RUNS,
    {
      config: { access: 'user', audit: 'trigger_dag_run' },
      schema: { params: dagParams, body: triggerRequest, response: { 200: dagRunResponse } },
    },
    async ({ params: { dag_id: dagId }, body, user }) => {
      const { runId } = await runs.triggerRun(toTrigger(dagId, body, user?.username ?? null));
      return toDagRun(await getRun(database, dagId, runId));
    },
  );

  app.patch(
    `${RUNS}/:dag_run_id`,
    {
      config: { access: 'user', audit: 'patch_dag_run' },
      schema: {
        params: runParams,
        querystring: updateMaskQuery,
        body: dagRunPatch,
        response: { 200: dagRunResponse },
      },
    },
    async ({
      params: { dag_id: dagId, dag_run_id: runId },
      query: { update_mask: mask },
      body,
    }) => {
      const run = await getRun(database, dagId, runId);
      const isAsked = (name: 'state' | 'note'): boolean =>
        body[name] !== undefined && (mask === undefined || mask.includes(name));
      // What may be refused comes first: a refusal changes nothing.
      if (isAsked('state') && body.state != null) {
        await runs.markRun(run.run_key, body.state, { onlyFrom: body.tidegate_if_state });
      }
      if (isAsked('note')) await setRunNote(database, { dagId, runId }, body.note ?? null);
      return toDagRun(await getRun(database, dagId, runId));
    },
  );

  app.delete(
    `${RUNS}/:dag_run_id`,
    {
      config: { access: 'user', audit: 'delete_dag_run' },
      schema: { params: runParams, response: { 204: z.null() } },
    },
    async ({ params: { dag_id: dagId, dag_run_id: runId } }, reply) => {
      if (!(await deleteRun(database, dagId, runId))) await getRun(database, dagId, runId);
      return reply.code(204).send(null);
    },
  );
}
