import type { Json } from '@tidegate/engine/platform';
import type { TriggerRunRequest } from '@tidegate/engine/server';

import type { TriggerRequest } from '../../contract/index.ts';

/** The API's trigger request in the engine's words. */
export function toTrigger(body: TriggerRequest, user: string | null): TriggerRunRequest {
  const replay = toReplay(body);
  return {
    triggeredBy: 'rest_api',
    user,
    conf: (body.conf ?? {}) as Json,
    note: body.note ?? null,
    logicalDate: body.logical_date == null ? null : new Date(body.logical_date),
    ...(body.dag_run_id == null ? {} : { runId: body.dag_run_id }),
    ...(replay === undefined ? {} : { replay }),
  };
}

function toReplay(body: TriggerRequest): TriggerRunRequest['replay'] {
  if (body.tidegate_offsets !== undefined)
    return { kind: 'offsets', ranges: body.tidegate_offsets };
  if (body.tidegate_from === undefined) return undefined;
  const from = new Date(body.tidegate_from);
  return body.tidegate_to === undefined
    ? { kind: 'times', from }
    : { kind: 'times', from, to: new Date(body.tidegate_to) };
}
