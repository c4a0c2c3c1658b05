import { metricsPort } from '../platform/config.ts';
import type { FlushBatch } from '../state/flush-batch.ts';
import type { TryRow } from '../state/flush-rows.ts';
import type { FlushDone } from '../store/flush/run-flush.ts';
import type { RunInfo, RunInfoCache } from '../store/flush/run-info.ts';
import { counter, declaring, histogram } from './registry.ts';

// Names of Airflow's where it has one, in Prometheus spelling and with its labels, so that dashboards made for it
// go on working; durations in seconds.

const metrics = declaring(() => ({
  heartbeats: counter({
    name: 'airflow_scheduler_heartbeat',
    help: 'Sweeps of this scheduler, one a second',
  }),
  starts: counter({
    name: 'airflow_ti_start',
    help: 'Tries granted to a worker',
    labels: ['dag_id', 'task_id'],
  }),
  finishes: counter({
    name: 'airflow_ti_finish',
    help: 'Tries that ended, by how',
    labels: ['dag_id', 'task_id', 'state'],
  }),
  successes: counter({ name: 'airflow_ti_successes', help: 'Tries that succeeded' }),
  failures: counter({ name: 'airflow_ti_failures', help: 'Tries that failed' }),
  lost: counter({
    name: 'airflow_task_instances_without_heartbeats_killed',
    help: 'Tries given up because their worker was gone; none of them used a retry',
  }),
  taskDuration: histogram({
    name: 'airflow_task_duration',
    help: 'Seconds from the start to the end of a try, by its worker',
    labels: ['dag_id'],
  }),
  taskWait: histogram({
    name: 'airflow_task_queued_duration',
    help: 'Seconds from ready to granted',
    labels: ['dag_id'],
  }),
  runDuration: {
    success: histogram({
      name: 'airflow_dagrun_duration_success',
      help: 'Seconds from the start to the end of a run that succeeded; of runs this scheduler began',
      labels: ['dag_id'],
    }),
    failed: histogram({
      name: 'airflow_dagrun_duration_failed',
      help: 'Seconds from the start to the end of a run that failed; of runs this scheduler began',
      labels: ['dag_id'],
    }),
  },
  flushDuration: histogram({
    name: 'tidegate_flush_duration_seconds',
    help: 'Seconds from collecting reports to the commit that holds them',
  }),
  flushReports: histogram(
    { name: 'tidegate_flush_reports', help: 'Reports one commit holds' },
    [0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000],
  ),
}));

export function countHeartbeat(): void {
  if (metricsPort !== undefined) metrics().heartbeats.inc();
}

/** When the runs begun here started, by run key; bounded, the oldest are forgotten first. */
const begun = new Map<number, number>();
const MOST_BEGUN = 50_000;

export interface Committed {
  readonly done: FlushDone;
  readonly batch: FlushBatch;
  readonly nowMs: number;
  readonly cache: RunInfoCache;
}

/** Counts what a committed flush brought about. Call it while the cache still knows runs that ended. */
export function observeFlush({ done, batch, nowMs, cache }: Committed): void {
  const { flushDuration, flushReports, starts, taskWait } = metrics();
  flushDuration.observe(Math.max(0, nowMs - batch.nowMs) / 1_000);
  flushReports.observe(batch.reports.length);
  for (const { task } of done.writes.grants) {
    const info = cache.get(task.runKey);
    if (info === undefined) continue;
    starts.inc({ dag_id: info.dagId, task_id: taskId(info, task.ix) });
    if (task.scheduledMs === null || task.startMs === null) continue;
    taskWait.observe({ dag_id: info.dagId }, Math.max(0, task.startMs - task.scheduledMs) / 1_000);
  }
  for (const one of done.writes.tries) observeTry(one, cache.get(one.runKey));
  observeRuns({ done, batch, nowMs, cache });
}

function observeTry(one: TryRow, info: RunInfo | undefined): void {
  const { successes, failures, lost, finishes, taskDuration } = metrics();
  if (one.state === 'success') successes.inc();
  else if (one.state === 'failed') failures.inc();
  else if (one.state === 'lost') lost.inc();
  if (info === undefined) return;
  const labels = { dag_id: info.dagId, task_id: taskId(info, one.ix), state: one.state };
  finishes.inc(labels);
  if (one.startMs === null) return;
  taskDuration.observe({ dag_id: info.dagId }, Math.max(0, one.endMs - one.startMs) / 1_000);
}

function observeRuns({ done, batch, nowMs, cache }: Committed): void {
  for (const runKey of batch.begins) begun.set(runKey, batch.nowMs);
  const states = new Map(done.writes.endings.map(({ runKey, state }) => [runKey, state]));
  for (const runKey of done.ended) {
    const startMs = begun.get(runKey);
    const dagId = cache.get(runKey)?.dagId;
    begun.delete(runKey);
    const state = states.get(runKey);
    if (startMs === undefined || dagId === undefined || state === undefined) continue;
    metrics().runDuration[state].observe({ dag_id: dagId }, Math.max(0, nowMs - startMs) / 1_000);
  }
  for (const runKey of begun.keys()) {
    if (begun.size <= MOST_BEGUN) break;
    begun.delete(runKey);
  }
}

function taskId(info: RunInfo, ix: number): string {
  return info.flow.tasks[ix]?.id ?? '';
}
