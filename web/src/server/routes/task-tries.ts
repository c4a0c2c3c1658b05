import { listTries } from '@tidegate/engine/server';
import { z } from 'zod';

import { taskTryCollection, taskTryResponse } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { WebError } from '../errors.ts';
import { toTaskTry } from '../read-models/task-instance.ts';
import { findTask, type FoundTask } from './find-task.ts';

const TASK = '/api/v2/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id';
const taskParams = z.object({ dag_id: z.string(), dag_run_id: z.string(), task_id: z.string() });

/** The tries of a task instance, each with its output and error. */
export function taskTryRoutes(app: Api, context: RouteContext): void {
  app.get(
    `${TASK}/tries`,
    {
      config: { access: 'viewer' },
      schema: { params: taskParams, response: { 200: taskTryCollection } },
    },
    async ({ params }) => {
      const tries = await triesOf(await findTask(context, params));
      return { task_instances: tries, total_entries: tries.length };
    },
  );

  app.get(
    `${TASK}/tries/:task_try_number`,
    {
      config: { access: 'viewer' },
      schema: {
        params: taskParams.extend({ task_try_number: z.coerce.number().int() }),
        response: { 200: taskTryResponse },
      },
    },
    async ({ params }) => {
      const tries = await triesOf(await findTask(context, params));
      const one = tries.find((tried) => tried.try_number === params.task_try_number);
      if (one !== undefined) return one;
      throw new WebError(
        'NOT_FOUND',
        `There is no try ${params.task_try_number} of task \`${params.task_id}\` in this run`,
      );
    },
  );

  const triesOf = async ({ row, version }: FoundTask) => {
    const tries = await listTries(context.database, row.run_key, row.ix);
    return tries.map((one) => toTaskTry(row, version, one));
  };
}
