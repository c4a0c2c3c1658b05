import type { Sql } from '../db.ts';

/** Numbers of the metadata as they stand; of runs, live ones only, however many have ended. */
export interface MetadataCounts {
  /** Task instances of live runs, by state. */
  readonly tasks: ReadonlyMap<string, number>;
  /** Live runs, by state. */
  readonly runs: ReadonlyMap<string, number>;
  readonly pools: readonly {
    readonly name: string;
    readonly slots: number;
    readonly used: number;
  }[];
  /** Jobs committed and not yet in the queue. */
  readonly outbox: number;
  readonly dags: number;
  readonly importErrors: number;
  /** Instances with a living lease, by kind. */
  readonly schedulers: number;
  /** Age of the oldest transaction of a client session that keeps dead rows from being removed; 0 without one. */
  readonly oldestTransactionSeconds: number;
}

interface CountsRow {
  tasks: Record<string, number> | null;
  runs: Record<string, number> | null;
  pools: { name: string; slots: number; used: number }[] | null;
  outbox: number;
  dags: number;
  import_errors: number;
  schedulers: number;
  oldest_transaction: number;
}

export async function readMetadataCounts(sql: Sql, now: Date): Promise<MetadataCounts> {
  const { rows } = await sql.query<CountsRow>(
    `select
       (select json_object_agg(state, count) from (
          select task.state, count(*) as count
            from tidegate.live_run as live
            join tidegate.task_instance as task using (run_key)
           group by task.state) as counted) as tasks,
       (select json_object_agg(state, count) from (
          select run.state, count(*) as count
            from tidegate.live_run as live
            join tidegate.dag_run as run using (run_key)
           group by run.state) as counted) as runs,
       (select json_agg(json_build_object(
                 'name', substr(key, 6), 'slots', cap, 'used', used) order by key)
          from tidegate.limit_usage
         where key like 'pool:%') as pools,
       (select count(*) from tidegate.outbox) as outbox,
       (select count(*) from tidegate.dag where not is_stale) as dags,
       (select count(*) from tidegate.import_error) as import_errors,
       (select count(*)
          from tidegate.instance
         where kind = 'scheduler' and ended_at is null and lease_until > $1) as schedulers,
       (select coalesce(extract(epoch from clock_timestamp() - min(xact_start)), 0)::float8
          from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()
           and backend_type = 'client backend'
           and coalesce(backend_xid, backend_xmin) is not null) as oldest_transaction`,
    [now],
  );
  const counts = rows[0] ?? NOTHING;
  return {
    tasks: new Map(Object.entries(counts.tasks ?? {})),
    runs: new Map(Object.entries(counts.runs ?? {})),
    pools: counts.pools ?? [],
    outbox: counts.outbox,
    dags: counts.dags,
    importErrors: counts.import_errors,
    schedulers: counts.schedulers,
    oldestTransactionSeconds: counts.oldest_transaction,
  };
}

const NOTHING: CountsRow = {
  tasks: null,
  runs: null,
  pools: null,
  outbox: 0,
  dags: 0,
  import_errors: 0,
  schedulers: 0,
  oldest_transaction: 0,
};
