import {
  listTaskInstancesOfRuns,
  type TaskInstanceFilter,
  type TaskInstanceOrder,
} from '@tidegate/engine/server';
import { z } from 'zod';

import {
  taskInstanceCollection,
  taskInstanceListQuery,
  type TaskInstanceListQuery,
  taskInstanceResponse,
} from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';
import { toInstantRange, toOrder } from '../query.ts';
import { toTaskInstance, toTaskInstances } from '../read-models/task-instance.ts';
import { findTask } from './find-task.ts';
import { getRun } from './not-found.ts';

const TASKS = '/api/v2/dags/:dag_id/dagRuns/:dag_run_id/taskInstances';
const runParams = z.object({ dag_id: z.string(), dag_run_id: z.string() });
const taskParams = runParams.extend({ task_id: z.string() });

const ORDER: Readonly<Record<string, TaskInstanceOrder>> = {
  id: 'id',
  map_index: 'map_index',
  start_date: 'start_date',
  end_date: 'end_date',
  duration: 'duration',
};

/** Task instances: lists, and one of them. */
export function taskInstanceRoutes(app: Api, { database, versions }: RouteContext): void {
  const context = { database, versions };

  app.get(
    TASKS,
    {
      config: { access: 'viewer' },
      schema: {
        params: runParams,
        querystring: taskInstanceListQuery,
        response: { 200: taskInstanceCollection },
      },
    },
    async ({ params: { dag_id: dagId, dag_run_id: runId }, query }) => {
      if (dagId !== '~' && runId !== '~') await getRun(database, dagId, runId);
      const filter = toFilter(dagId, runId, query);
      const { instances, total } = await listTaskInstancesOfRuns(database, filter);
      return { task_instances: await toTaskInstances(versions, instances), total_entries: total };
    },
  );

  app.get(
    `${TASKS}/:task_id`,
    {
      config: { access: 'viewer' },
      schema: { params: taskParams, response: { 200: taskInstanceResponse } },
    },
    async ({ params }) => {
      const { row, version } = await findTask(context, params);
      return toTaskInstance(row, version);
    },
  );
}

function toFilter(dagId: string, runId: string, query: TaskInstanceListQuery): TaskInstanceFilter {
  return {
    runs: {
      dagIds: dagId === '~' ? undefined : [dagId],
      dagIdPattern: query.dag_id_pattern,
      runIdPattern: query.run_id_pattern,
      runAfter: toInstantRange(query, 'run_after'),
      logicalDate: toInstantRange(query, 'logical_date'),
      startDate: toInstantRange(query, 'start_date'),
      endDate: toInstantRange(query, 'end_date'),
    },
    runId: runId === '~' ? undefined : runId,
    taskId: query.task_id,
    taskPattern: query.task_display_name_pattern,
    pools: query.pool,
    queues: query.queue,
    states: query.state?.map((state) => (state === 'no_status' ? 'none' : state)),
    order: toOrder(query.order_by, ORDER),
    limit: query.limit,
    offset: query.offset,
  };
}
