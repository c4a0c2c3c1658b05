import type { Grant } from '../../execution/contract.ts';
import { BugError } from '../../platform/errors.ts';
import type { Json } from '../../platform/json.ts';
import { placeOf, type TaskRow } from '../../state/flush-rows.ts';
import type { Outputs } from '../../store/flush/read-outputs.ts';
import type { RunInfo } from '../../store/flush/run-info.ts';
import type { TaskTokens } from '../task-tokens.ts';

/** Everything a worker needs for one try, once its start is committed. */
export function buildGrant(
  row: TaskRow,
  info: RunInfo,
  given: { readonly outputs: Outputs; readonly taskTokens: TaskTokens; readonly nowMs: number },
): Grant {
  const task = info.flow.tasks[row.ix];
  if (task === undefined) throw new BugError('a grant outside its graph', { ix: row.ix });
  return {
    runKey: row.runKey,
    ix: row.ix,
    tryNumber: row.tryNumber,
    token: row.token,
    maxTries: row.maxTries,
    dagId: info.dagId,
    runId: info.runId,
    taskId: task.id,
    mapIndex: -1,
    clearNumber: row.clearNumber,
    queue: task.queue,
    isolation: task.isolation,
    timeoutMs: task.timeoutMs,
    taskToken: given.taskTokens.issue(row),
    bundle: info.flow.bundle,
    run: info.grantRun,
    params: info.params,
    input: inputOf(row, info, given.outputs),
    ranges: info.ranges,
    connections: task.connections,
    elapsedMs: row.firstStartMs === null ? null : Math.max(0, given.nowMs - row.firstStartMs),
  };
}

function inputOf(row: TaskRow, info: RunInfo, outputs: Outputs): Record<string, Json> {
  const input: Record<string, Json> = {};
  for (const [name, id] of Object.entries(info.flow.tasks[row.ix]?.input ?? {})) {
    const ix = info.flow.placeOf.get(id);
    const text = ix === undefined ? undefined : outputs.get(placeOf({ runKey: row.runKey, ix }));
    if (text !== undefined) input[name] = JSON.parse(text) as Json;
  }
  return input;
}
