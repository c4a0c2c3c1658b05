import type { HomeCounts, SchedulerHealth } from '@tidegate/engine/server';

import type { UiHome } from '../../contract/index.ts';

const MOST_FAILURES = 10;

/** The counts of the first page. */
export function toUiHome(counts: HomeCounts, health: SchedulerHealth, now: number): UiHome {
  return {
    now,
    dags: {
      total: counts.dags_total,
      paused: counts.dags_paused,
      failing: counts.failures.length,
    },
    import_errors: counts.import_errors,
    runs: { queued: counts.runs_queued, running: counts.runs_running },
    last_day: { success: counts.day_success, failed: counts.day_failed },
    tasks: {
      running: counts.tasks_running,
      waiting: counts.tasks_waiting,
      up_for_retry: counts.tasks_retrying,
    },
    pools: counts.pools.map(({ name, slots, used }) => ({ name, slots, used })),
    scheduler: {
      is_alive: health.isAlive,
      heartbeat_at: health.latestHeartbeat?.toISOString() ?? null,
    },
    workers: counts.workers.map(({ name, queues, tasks, heartbeat_at: at }) => ({
      name,
      queues: [...queues],
      tasks,
      heartbeat_at: new Date(at).toISOString(),
    })),
    failures: counts.failures.slice(0, MOST_FAILURES).map((failure) => ({
      dag_id: failure.dag_id,
      dag_run_id: failure.run_id,
      end: failure.end_ms,
      reason: failure.reason,
      failed_tasks: failure.failed_tasks,
    })),
  };
}
