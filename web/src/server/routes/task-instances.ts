import { findRun, listTaskInstances, readTaskLog, type RunRow } from '@tidegate/engine/server';
import type { FastifyInstance } from 'fastify';

import {
  type TaskInstanceCollection,
  taskLogQuery,
  type TaskLogResponse,
} from '../../contract/index.ts';
import type { WebContext } from '../app.ts';
import { WebError } from '../errors.ts';
import { isFinished, toLogMessage, toTaskInstance } from '../read-models/task-instance.ts';
import { runNotFound } from './dag-runs.ts';

interface TaskParams {
  readonly dag_id: string;
  readonly dag_run_id: string;
  readonly task_id: string;
  readonly try_number: string;
}

const TASKS = '/api/v2/dags/:dag_id/dagRuns/:dag_run_id/taskInstances';

export function taskInstanceRoutes(app: FastifyInstance, { database }: WebContext): void {
  const getRun = async ({ dag_id: dagId, dag_run_id: runId }: TaskParams): Promise<RunRow> => {
    const run = await findRun(database, dagId, runId);
    if (run === undefined) throw runNotFound(dagId, runId);
    return run;
  };

  app.get<{ Params: TaskParams }>(
    TASKS,
    { config: { access: 'viewer' } },
    async (request): Promise<TaskInstanceCollection> => {
      const run = await getRun(request.params);
      const rows = await listTaskInstances(database, run.run_key);
      return {
        task_instances: rows.map((row) => toTaskInstance(run, row)),
        total_entries: rows.length,
      };
    },
  );

  app.get<{ Params: TaskParams }>(
    `${TASKS}/:task_id/logs/:try_number`,
    { config: { access: 'viewer' } },
    async (request): Promise<TaskLogResponse> => {
      const { task_id: taskId } = request.params;
      const tryNumber = Number(request.params.try_number);
      const sequence = Number(taskLogQuery.parse(request.query).token ?? 0);
      const run = await getRun(request.params);
      const row = (await listTaskInstances(database, run.run_key)).find(
        ({ task }) => task.id === taskId,
      );
      if (row === undefined || !Number.isInteger(tryNumber) || !Number.isInteger(sequence)) {
        throw new WebError(
          'NOT_FOUND',
          `There is no try ${tryNumber} of task \`${taskId}\` in this run`,
        );
      }
      const page = await readTaskLog(
        database,
        { runKey: run.run_key, ix: row.ix, tryNumber },
        sequence,
      );
      const isOver =
        page.lines.length === 0 && (isFinished(row.state) || tryNumber < row.try_number);
      return {
        content: page.lines.map(toLogMessage),
        continuation_token: isOver ? null : String(page.nextSequence),
      };
    },
  );
}
