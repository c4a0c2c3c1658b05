import { z } from 'zod';

import { taskInstanceCollection, taskInstancePatch } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { toPatchSelection } from '../read-models/selection.ts';
import { findTask } from './find-task.ts';
import { preview, show } from './show-tasks.ts';

const TASK = '/api/v2/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id';
const taskParams = z.object({ dag_id: z.string(), dag_run_id: z.string(), task_id: z.string() });

/** Marks task instances success, failed or skipped; the dry run answers what would change. */
export function markTaskRoutes(app: Api, context: RouteContext): void {
  const { runs } = context;

  app.patch(
    TASK,
    {
      config: { access: 'user', audit: 'patch_task_instance' },
      schema: {
        params: taskParams,
        body: taskInstancePatch,
        response: { 200: taskInstanceCollection },
      },
    },
    async ({ params, body }) => {
      await findTask(context, params);
      const { dag_id: dagId } = params;
      const selection = toPatchSelection(params, body);
      return show(context, await runs.markTasks(dagId, selection, body.new_state));
    },
  );

  app.patch(
    `${TASK}/dry_run`,
    {
      config: { access: 'user', audit: null },
      schema: {
        params: taskParams,
        body: taskInstancePatch,
        response: { 200: taskInstanceCollection },
      },
    },
    async ({ params, body }) => {
      await findTask(context, params);
      return preview(context, params.dag_id, {
        selection: toPatchSelection(params, body),
        marked: body.new_state,
      });
    },
  );
}
