import { useQuery } from '@tanstack/react-query';

import type {
  LogMessage,
  TaskInstanceCollection,
  TaskLogResponse,
  TaskTryResponse,
} from '../../../contract/task-instances.ts';
import type { UiRun, UiTaskInstance, UiTry } from '../../../contract/ui-run.ts';
import { path, query, type TaskAddress, taskPath } from '../../api/addresses.ts';
import { isApiError } from '../../api/api-error.ts';
import { callApi } from '../../api/call-api.ts';
import { logAddress } from '../../api/task-log.ts';
import type { ComparedTry } from './compared-try.ts';
import { findTry } from './run-view.ts';

/** Lines of each log that are compared. */
export const MOST_COMPARED = 5_000;

/** What a try is compared with: another try of it (`try-1`), or the last success before its run (`success`). */
export type CompareWith = `try-${number}` | 'success';

interface Place {
  readonly page: UiRun;
  readonly task: UiTaskInstance;
  readonly tried: UiTry;
}

export interface Side extends ComparedTry {
  readonly lines: readonly LogMessage[];
  /** There are more lines than were read. */
  readonly isCut: boolean;
}

/** Both sides of a comparison; null: there is nothing to compare with. */
export function useComparison(place: Place, compareWith: CompareWith) {
  const { page, task, tried } = place;
  const { dag_id: dagId, dag_run_id: runId } = page.run;
  return useQuery({
    queryKey: ['compare', dagId, runId, task.task_id, tried.try_number, tried.state, compareWith],
    queryFn: async ({ signal }) => {
      const other = await findOther(place, compareWith, signal);
      if (other === null) return null;
      const [before, after] = await Promise.all([readSide(other, signal), readSide(place, signal)]);
      return { before, after };
    },
    gcTime: 0,
  });
}

async function findOther(
  { page, task }: Place,
  compareWith: CompareWith,
  signal: AbortSignal,
): Promise<Place | null> {
  if (compareWith !== 'success') return placeIn(page, task.task_id, Number(compareWith.slice(4)));
  const { dag_id: dagId, run_after: runAfter } = page.run;
  const asked = { task_id: task.task_id, state: 'success', run_after_lt: runAfter, limit: 1 };
  const { task_instances: found } = await callApi<TaskInstanceCollection>(
    `/api/v2/dags/${path(dagId)}/dagRuns/~/taskInstances${query(asked)}`,
    { signal },
  );
  const [last] = found;
  if (last === undefined) return null;
  const other = await callApi<UiRun>(`/ui/runs/${path(dagId, last.dag_run_id)}`, { signal });
  return placeIn(other, task.task_id, last.try_number);
}

function placeIn(page: UiRun, taskId: string, tryNumber: number): Place | null {
  const task = page.tasks.find(({ task_id: id }) => id === taskId);
  const tried = task && findTry(task, tryNumber);
  return task === undefined || tried === undefined ? null : { page, task, tried };
}

async function readSide(place: Place, signal: AbortSignal): Promise<Side> {
  const { page, task, tried } = place;
  const address = { dagId: page.run.dag_id, runId: page.run.dag_run_id, taskId: task.task_id };
  const [output, log] = await Promise.all([
    readOutput(address, tried.try_number, signal),
    readLog(address, tried.try_number, signal),
  ]);
  return { ...place, output, ...log };
}

async function readOutput(
  address: TaskAddress,
  tryNumber: number,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const url = `${taskPath(address)}/tries/${tryNumber}`;
    const { tidegate_output: output } = await callApi<TaskTryResponse>(url, { signal });
    return output === null || output === undefined ? null : JSON.stringify(output);
  } catch (error) {
    // A try that still runs is not kept yet.
    if (isApiError(error) && error.isMissing) return null;
    throw error;
  }
}

async function readLog(
  address: TaskAddress,
  tryNumber: number,
  signal: AbortSignal,
): Promise<Pick<Side, 'lines' | 'isCut'>> {
  const lines: LogMessage[] = [];
  let token: string | undefined;
  while (lines.length < MOST_COMPARED) {
    const url = `${logAddress(address, tryNumber)}${query({ token })}`;
    const page: TaskLogResponse = await callApi(url, { signal });
    lines.push(...page.content);
    if (page.continuation_token === null || page.content.length === 0) {
      return { lines, isCut: false };
    }
    token = page.continuation_token;
  }
  return { lines: lines.slice(0, MOST_COMPARED), isCut: true };
}
