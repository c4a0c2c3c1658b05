import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { DagRunPatch, DagRunResponse, TriggerRequest } from '../../contract/dag-runs.ts';
import type { DagResponse } from '../../contract/dags.ts';
import type {
  ClearTaskInstancesRequest,
  TaskInstanceCollection,
  TaskInstancePatch,
} from '../../contract/task-instances.ts';
import { showToast } from '../ui/toasts.ts';
import { path, type TaskAddress, taskPath } from './addresses.ts';
import { callApi } from './call-api.ts';
import { KEYS } from './reads.ts';

export function setPaused(dagId: string, isPaused: boolean): Promise<DagResponse> {
  const body = { is_paused: isPaused };
  return callApi(`/api/v2/dags/${path(dagId)}`, { method: 'PATCH', body });
}

/** Makes a run, or answers the one there is under the same name. */
export function triggerRun(dagId: string, body: TriggerRequest): Promise<DagRunResponse> {
  return callApi(triggerPath(dagId), { method: 'POST', body });
}

/** Where runs of a DAG are made. */
export function triggerPath(dagId: string): string {
  return `/api/v2/dags/${path(dagId)}/dagRuns`;
}

/**
 * Pauses or unpauses a DAG; lists, its page and the counts follow. That it was done is said here and not where it
 * was asked for: the palette is gone by then.
 */
export function useSetPaused() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ dagId, isPaused }: { readonly dagId: string; readonly isPaused: boolean }) =>
      setPaused(dagId, isPaused),
    onSuccess: async (_answer, { dagId, isPaused }) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: [KEYS.dags] }),
        client.invalidateQueries({ queryKey: [KEYS.dag, dagId] }),
        client.invalidateQueries({ queryKey: [KEYS.home] }),
        client.invalidateQueries({ queryKey: [KEYS.streams] }),
      ]);
      showToast({ text: `${dagId} ${isPaused ? 'is paused' : 'runs again'}` });
    },
  });
}

/** Makes a run; the events that follow show it. */
export function useTrigger(dagId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: TriggerRequest) => triggerRun(dagId, body),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: [KEYS.runs] }),
        client.invalidateQueries({ queryKey: [KEYS.grid, dagId] }),
        client.invalidateQueries({ queryKey: [KEYS.dag, dagId] }),
      ]),
  });
}

/** What a clear would run again, or with `dry_run: false` does. */
export function clearTasks(
  dagId: string,
  body: ClearTaskInstancesRequest,
): Promise<TaskInstanceCollection> {
  return callApi(`/api/v2/dags/${path(dagId)}/clearTaskInstances`, { method: 'POST', body });
}

/** Sets the state of a task instance; `dry_run` only tells which ones it would be. */
export function markTask(
  task: TaskAddress,
  body: TaskInstancePatch,
  isDryRun: boolean,
): Promise<TaskInstanceCollection> {
  return callApi(isDryRun ? `${taskPath(task)}/dry_run` : taskPath(task), {
    method: 'PATCH',
    body,
  });
}

/** Ends a run by hand; `tidegate_if_state` keeps it from undoing how it ended meanwhile. */
export function markRun(dagId: string, runId: string, body: DagRunPatch): Promise<DagRunResponse> {
  return callApi(`/api/v2/dags/${path(dagId)}/dagRuns/${path(runId)}`, { method: 'PATCH', body });
}

/** After a change of a run: its page, its DAG's grid and the lists are asked again. */
export function useRefreshRun(dagId: string, runId: string) {
  const client = useQueryClient();
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: [KEYS.run, dagId, runId] }),
      client.invalidateQueries({ queryKey: [KEYS.grid, dagId] }),
      client.invalidateQueries({ queryKey: [KEYS.runs] }),
      client.invalidateQueries({ queryKey: [KEYS.dags] }),
      client.invalidateQueries({ queryKey: [KEYS.home] }),
    ]);
}
