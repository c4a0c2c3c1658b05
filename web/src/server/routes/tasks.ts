import { z } from 'zod';

import { taskCollection, taskResponse } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { WebError } from '../errors.ts';
import { toTasks } from '../read-models/task.ts';
import { getDag } from './not-found.ts';

const TASKS = '/api/v2/dags/:dag_id/tasks';

/** The tasks of a DAG's current version. */
export function taskRoutes(app: Api, { database }: RouteContext): void {
  app.get(
    TASKS,
    {
      config: { access: 'viewer' },
      schema: { params: z.object({ dag_id: z.string() }), response: { 200: taskCollection } },
    },
    async ({ params }) => {
      const tasks = toTasks((await getDag(database, params.dag_id)).serialized);
      return { tasks, total_entries: tasks.length };
    },
  );

  app.get(
    `${TASKS}/:task_id`,
    {
      config: { access: 'viewer' },
      schema: {
        params: z.object({ dag_id: z.string(), task_id: z.string() }),
        response: { 200: taskResponse },
      },
    },
    async ({ params: { dag_id: dagId, task_id: taskId } }) => {
      const tasks = toTasks((await getDag(database, dagId)).serialized);
      const task = tasks.find((one) => one.task_id === taskId);
      if (task !== undefined) return task;
      throw new WebError('NOT_FOUND', `Task with id ${taskId} was not found`);
    },
  );
}
