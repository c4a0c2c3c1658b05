import { setRunNote, type TaskSelection } from '@tidegate/engine/server';
import { z } from 'zod';

import {
  clearTaskInstancesRequest,
  dagRunClearRequest,
  dagRunResponse,
  taskInstanceCollection,
} from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { toDagRun } from '../read-models/dag-run.ts';
import { toClearSelection } from '../read-models/selection.ts';
import { getDag, getRun } from './not-found.ts';
import { preview, show } from './show-tasks.ts';

const DAG = '/api/v2/dags/:dag_id';
const RUN = `${DAG}/dagRuns/:dag_run_id`;
const dagParams = z.object({ dag_id: z.string() });
const runParams = dagParams.extend({ dag_run_id: z.string() });

/**
 * Clears. A dry run goes by the same selection as the change, which selects again under the locks of
 * each run: what changed in between is treated as it is then, and the answer says what was changed.
 */
export function clearRoutes(app: Api, context: RouteContext): void {
  const { database, runs } = context;

  app.post(
    `${DAG}/clearTaskInstances`,
    {
      config: { access: 'user', audit: 'post_clear_task_instances' },
      schema: {
        params: dagParams,
        body: clearTaskInstancesRequest,
        response: { 200: taskInstanceCollection },
      },
    },
    async ({ params: { dag_id: dagId }, body }) => {
      await getDag(database, dagId);
      if (body.dag_run_id != null) await getRun(database, dagId, body.dag_run_id);
      const selection = toClearSelection(body);
      if (body.dry_run) return preview(context, dagId, { selection });
      const cleared = await runs.clearTasks(dagId, selection, {
        preventRunning: body.prevent_running_task,
      });
      for (const { runId } of body.note == null ? [] : cleared) {
        await setRunNote(database, { dagId, runId }, body.note ?? null);
      }
      return show(context, cleared);
    },
  );

  app.post(
    `${RUN}/clear`,
    {
      config: { access: 'user', audit: 'clear_dag_run' },
      schema: {
        params: runParams,
        body: dagRunClearRequest,
        response: { 200: z.union([taskInstanceCollection, dagRunResponse]) },
      },
    },
    async ({ params: { dag_id: dagId, dag_run_id: runId }, body }) => {
      await getRun(database, dagId, runId);
      const selection: TaskSelection = { runId, onlyFailed: body.only_failed };
      if (body.dry_run) return preview(context, dagId, { selection });
      await runs.clearTasks(dagId, selection);
      if (body.note !== undefined) await setRunNote(database, { dagId, runId }, body.note);
      return toDagRun(await getRun(database, dagId, runId));
    },
  );
}
