import type { Json } from '@tidegate/engine/platform';
import type { TriggerRunRequest } from '@tidegate/engine/server';

import type { TriggerRequest } from '../../contract/index.ts';

/** The API's trigger request in the engine's words. */
export function toTrigger(
  dagId: string,
  body: TriggerRequest,
  user: string | null,
): TriggerRunRequest {
  const { data_interval_start: start, data_interval_end: end } = body;
  return {
    dagId,
    triggeredBy: 'rest_api',
    triggeringUser: user,
    conf: (body.conf ?? {}) as Json,
    note: body.note ?? null,
    logicalDate: body.logical_date == null ? null : new Date(body.logical_date),
    ...(start == null || end == null
      ? {}
      : { dataInterval: { start: new Date(start), end: new Date(end) } }),
    ...(body.run_after == null ? {} : { runAfter: new Date(body.run_after) }),
    ...(body.dag_run_id == null ? {} : { runId: body.dag_run_id }),
    ...(body.tidegate_offsets === undefined ? {} : { offsets: body.tidegate_offsets }),
    ...(body.tidegate_from === undefined ? {} : { from: new Date(body.tidegate_from) }),
    ...(body.tidegate_to === undefined ? {} : { to: new Date(body.tidegate_to) }),
  };
}
