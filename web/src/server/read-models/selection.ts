import type { TaskSelection } from '@tidegate/engine/server';
import type { z } from 'zod';

import type { clearTaskInstancesRequest, taskInstancePatch } from '../../contract/index.ts';

/** Which task instances a clear means. */
export function toClearSelection(body: z.output<typeof clearTaskInstancesRequest>): TaskSelection {
  return {
    ...toRelatives(body),
    ...(body.dag_run_id == null ? {} : { runId: body.dag_run_id }),
    ...(body.start_date == null ? {} : { from: new Date(body.start_date) }),
    ...(body.end_date == null ? {} : { to: new Date(body.end_date) }),
    ...(body.task_ids == null ? {} : { taskIds: body.task_ids }),
    onlyFailed: body.only_failed,
    onlyRunning: body.only_running,
  };
}

/** Which task instances a mark means. */
export function toPatchSelection(
  params: { readonly dag_run_id: string; readonly task_id: string },
  body: z.output<typeof taskInstancePatch>,
): TaskSelection {
  return { ...toRelatives(body), runId: params.dag_run_id, taskIds: [params.task_id] };
}

interface Relatives {
  readonly include_upstream: boolean;
  readonly include_downstream: boolean;
  readonly include_future: boolean;
  readonly include_past: boolean;
}

function toRelatives(body: Relatives) {
  return {
    includeUpstream: body.include_upstream,
    includeDownstream: body.include_downstream,
    includeFuture: body.include_future,
    includePast: body.include_past,
  };
}
