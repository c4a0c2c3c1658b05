import { SpanStatusCode } from '@opentelemetry/api';

import type { TryRow } from '../state/flush-rows.ts';
import type { FlushDone } from '../store/flush/run-flush.ts';
import type { RunInfo, RunInfoCache } from '../store/flush/run-info.ts';
import { contextOf, tracer } from './start-tracing.ts';
import { plannedIds, runSpanIdOf, traceIdOf, trySpanIdOf } from './trace-ids.ts';

export interface TracedCommit {
  readonly done: FlushDone;
  readonly nowMs: number;
  readonly cache: RunInfoCache;
}

/** The spans of what a commit ended: tries, with their wait, and runs, with theirs. */
export function traceCommit({ done, nowMs, cache }: TracedCommit): void {
  for (const one of done.writes.tries) {
    const info = cache.get(one.runKey);
    if (info !== undefined) traceTry(one, info);
  }
  const states = new Map(done.writes.endings.map(({ runKey, state }) => [runKey, state]));
  for (const runKey of done.ended) {
    const info = cache.get(runKey);
    const state = states.get(runKey);
    if (info !== undefined && state !== undefined) traceRun(info, { state, nowMs });
  }
}

function traceTry(one: TryRow, info: RunInfo): void {
  const taskId = info.flow.tasks[one.ix]?.id ?? '';
  const spanId = trySpanIdOf(info, taskId, one.tryNumber);
  const startTime = one.startMs ?? one.endMs;
  const span = plannedIds.with({ spanId }, () =>
    tracer().startSpan(
      `task ${taskId}`,
      {
        startTime,
        attributes: {
          'tidegate.dag_id': info.dagId,
          'tidegate.run_id': info.runId,
          'tidegate.task_id': taskId,
          'tidegate.try': one.tryNumber,
          'tidegate.state': one.state,
          'tidegate.waited_ms': one.scheduledMs === null ? 0 : startTime - one.scheduledMs,
        },
      },
      runContext(info),
    ),
  );
  if (one.state === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(one.endMs);
}

/** From due to the commit that ended it. The range says which records it owns. */
function traceRun(info: RunInfo, ending: { readonly state: string; readonly nowMs: number }): void {
  const ids = { traceId: traceIdOf(info), spanId: runSpanIdOf(info, info.clearNumber) };
  const ranges = info.ranges.map(
    ({ topic, partition, from, to }) => `${topic}/${partition} ${from}-${to}`,
  );
  const due = Date.parse(info.grantRun.runAfter);
  const span = plannedIds.with(ids, () =>
    tracer().startSpan(`run ${info.dagId}`, {
      root: true,
      startTime: Number.isNaN(due) ? ending.nowMs : Math.min(due, ending.nowMs),
      attributes: {
        'tidegate.dag_id': info.dagId,
        'tidegate.run_id': info.runId,
        'tidegate.state': ending.state,
        'tidegate.ranges': ranges,
      },
    }),
  );
  if (ending.state === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(ending.nowMs);
}

function runContext(info: RunInfo) {
  return contextOf({
    traceId: traceIdOf(info),
    spanId: runSpanIdOf(info, info.clearNumber),
  });
}
