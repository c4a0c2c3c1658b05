import type { Sql } from '../db.ts';

export interface HomeCounts {
  readonly dags_total: number;
  readonly dags_paused: number;
  readonly import_errors: number;
  readonly runs_queued: number;
  readonly runs_running: number;
  readonly day_success: number;
  readonly day_failed: number;
  readonly tasks_running: number;
  readonly tasks_waiting: number;
  readonly tasks_retrying: number;
  readonly pools: readonly {
    readonly name: string;
    readonly slots: number;
    readonly used: number;
  }[];
  readonly workers: readonly {
    readonly name: string;
    readonly queues: readonly string[];
    readonly tasks: number;
    readonly heartbeat_at: string;
  }[];
  readonly failures: readonly FailingDag[];
}

/** A DAG that is not paused and whose newest run failed. */
export interface FailingDag {
  readonly dag_id: string;
  readonly run_id: string;
  readonly end_ms: number | null;
  readonly reason: string | null;
  readonly failed_tasks: number;
}

/** How many of the newest runs the counts of a day look at. */
export const DAY_RUNS = 20_000;

/** The counts of the first page, in one statement whose cost does not grow with history. */
export async function readHome(sql: Sql): Promise<HomeCounts> {
  const { rows } = await sql.query<HomeCounts>(READ_HOME);
  return rows[0] as HomeCounts;
}

// `offset 0` keeps task instances a look-up by key: as a join, the planner may read the whole table instead.
const READ_HOME = `
with dags as (
  select count(*) as total, count(*) filter (where is_paused) as paused
    from tidegate.dag
   where not is_stale
),
live as (
  select count(*) filter (where run.state = 'queued') as queued,
         count(*) filter (where run.state = 'running') as running
    from tidegate.live_run
    join tidegate.dag_run as run using (run_key)
),
day as (
  select count(*) filter (where state = 'success') as success,
         count(*) filter (where state = 'failed') as failed
    from (
      select state, end_at from tidegate.dag_run order by run_key desc limit ${DAY_RUNS}
    ) as newest
   where end_at > now() - interval '24 hours'
),
tasks as (
  select count(*) filter (where task.state in ('running', 'restarting')) as running,
         count(*) filter (where task.state in ('scheduled', 'queued')) as waiting,
         count(*) filter (where task.state = 'up_for_retry') as retrying
    from tidegate.live_run
   cross join lateral (
     select state
       from tidegate.task_instance
      where task_instance.run_key = live_run.run_key
     offset 0
   ) as task
),
pools as (
  select json_agg(
           json_build_object('name', pool.name, 'slots', pool.slots, 'used', coalesce(used, 0))
           order by pool.name
         ) as list
    from tidegate.pool
    left join tidegate.limit_usage on limit_usage.key = 'pool:' || pool.name
),
workers as (
  select json_agg(
           json_build_object(
             'name', name, 'queues', queues, 'tasks', cardinality(held),
             'heartbeat_at', to_json(heartbeat_at)
           )
           order by name
         ) as list
    from tidegate.instance
   where kind = 'worker'
     and ended_at is null
     and lease_until > now()
),
failing as (
  select dag.dag_id, newest.run_id, newest.end_at, newest.reason, newest.failed_tasks
    from tidegate.dag
   cross join lateral (
     select run_id, state, end_at, reason, failed_tasks
       from tidegate.dag_run
      where dag_run.dag_id = dag.dag_id
      order by run_key desc
      limit 1
   ) as newest
   where not dag.is_stale
     and not dag.is_paused
     and newest.state = 'failed'
),
failures as (
  select json_agg(
           json_build_object(
             'dag_id', dag_id, 'run_id', run_id,
             'end_ms', (extract(epoch from end_at) * 1000)::bigint,
             'reason', reason, 'failed_tasks', failed_tasks
           )
           order by end_at desc nulls last
         ) as list
    from failing
)
select dags.total as dags_total, dags.paused as dags_paused,
       (select count(*) from tidegate.import_error) as import_errors,
       live.queued as runs_queued, live.running as runs_running, day.success as day_success,
       day.failed as day_failed, tasks.running as tasks_running, tasks.waiting as tasks_waiting,
       tasks.retrying as tasks_retrying, coalesce(pools.list, '[]') as pools,
       coalesce(workers.list, '[]') as workers, coalesce(failures.list, '[]') as failures
  from dags, live, day, tasks, pools, workers, failures`;
