import type { SerializedDag, SerializedSchedule } from '../../dag/serialized-dag.ts';
import type { Sql } from '../db.ts';
import { Conditions, toOrderSql, type Order } from './conditions.ts';

/** A DAG as lists show it, without its graph. */
export interface ListedDag {
  readonly dag_id: string;
  readonly file: string;
  readonly is_paused: boolean;
  readonly is_stale: boolean;
  readonly has_import_error: boolean;
  readonly owner: string | null;
  readonly tags: readonly string[];
  readonly description: string | null;
  readonly schedule: SerializedSchedule;
  readonly max_active_runs: number;
  readonly next_logical_date: Date | null;
  readonly next_interval_start: Date | null;
  readonly next_interval_end: Date | null;
  readonly next_run_after: Date | null;
  readonly checked_at: Date | null;
  readonly quiet_ticks: number;
  readonly registered_at: Date;
  readonly version_key: number;
  readonly version_number: number;
  readonly version_created_at: Date;
  readonly max_active_tasks: number;
  readonly topic: string | null;
  readonly task_count: number;
}

/** A DAG as its pages show it. */
export interface DagRow extends ListedDag {
  readonly serialized: SerializedDag;
}

export type DagOrder = 'dag_id' | 'next_run_after' | 'last_run_start';

export interface DagFilter {
  readonly dagId?: string | undefined;
  /** Part of the id, any case. */
  readonly pattern?: string | undefined;
  readonly paused?: boolean | undefined;
  readonly tags?: readonly string[] | undefined;
  /** True: every one of the tags, not any. */
  readonly allTags?: boolean | undefined;
  readonly owners?: readonly string[] | undefined;
  /** (Default: false) */
  readonly withStale?: boolean | undefined;
  readonly hasImportError?: boolean | undefined;
  /** State of the newest run. */
  readonly lastRunState?: string | undefined;
  readonly order?: readonly Order<DagOrder>[] | undefined;
  readonly limit: number;
  readonly offset: number;
}

const DAG_COLUMNS = `
  dag.dag_id, dag.file, dag.is_paused, dag.is_stale, dag.owner, dag.tags, dag.description, dag.schedule,
  dag.max_active_runs, dag.next_logical_date, dag.next_interval_start, dag.next_interval_end,
  dag.next_run_after, dag.checked_at, dag.quiet_ticks, dag.registered_at, dag.version_key,
  import_error.file is not null as has_import_error, version.number as version_number,
  version.created_at as version_created_at`;

const GRAPH_COLUMNS = `
  (version.serialized ->> 'maxActiveTasks')::int as max_active_tasks,
  version.serialized -> 'source' ->> 'topic' as topic,
  json_array_length(version.serialized -> 'tasks') as task_count`;

const DAG_TABLES = `
       tidegate.dag
       join tidegate.dag_version as version using (version_key)
       left join tidegate.import_error on import_error.file = dag.file`;

const NEWEST_RUN = (column: string) => `(
         select newest.${column}
           from tidegate.dag_run as newest
          where newest.dag_id = dag.dag_id
          order by newest.run_key desc
          limit 1
       )`;

const ORDERS: Readonly<Record<DagOrder, string>> = {
  dag_id: 'dag.dag_id',
  next_run_after: 'dag.next_run_after',
  last_run_start: NEWEST_RUN('start_at'),
};

/** The page of DAGs a filter means: `place` orders it, `total` counts all of them. */
export function dagPage(filter: DagFilter): {
  readonly text: string;
  readonly where: Conditions;
} {
  const where = new Conditions()
    .addSql(filter.withStale !== true, 'not dag.is_stale')
    .add(filter.dagId, (value) => `dag.dag_id = ${value}`)
    .addPattern('dag.dag_id', filter.pattern)
    .add(filter.paused, (value) => `dag.is_paused = ${value}`)
    .add(filter.tags, (value) => `dag.tags ${filter.allTags === true ? '@>' : '&&'} ${value}`)
    .add(filter.owners, (value) => `dag.owner = any(${value})`)
    .add(filter.hasImportError, (value) => `(import_error.file is not null) = ${value}`)
    .add(filter.lastRunState, (value) => `${NEWEST_RUN('state')} = ${value}`);
  const order = toOrderSql(filter.order, ORDERS, 'dag.dag_id');
  // The page is cut before graphs are opened, and those stay in the database.
  const text = `select listed.*, ${GRAPH_COLUMNS}
       from (
         select ${DAG_COLUMNS}, count(*) over () as total,
                row_number() over (order by ${order}) as place
           from ${DAG_TABLES}
          where ${where.toSql()}
          order by place
          limit ${where.value(filter.limit)} offset ${where.value(filter.offset)}
       ) as listed
       join tidegate.dag_version as version using (version_key)
      order by listed.place`;
  return { text, where };
}

/** DAGs by id, stale ones left out, with how many there are in all. */
export async function listDags(
  sql: Sql,
  filter: DagFilter,
): Promise<{ dags: ListedDag[]; total: number }> {
  const { text, where } = dagPage(filter);
  const { rows } = await sql.query<ListedDag & { total: number }>(text, where.values);
  return { dags: rows, total: rows[0]?.total ?? 0 };
}

/** One DAG, stale or not. */
export async function findDag(sql: Sql, dagId: string): Promise<DagRow | undefined> {
  const { rows } = await sql.query<DagRow>(
    `select ${DAG_COLUMNS}, ${GRAPH_COLUMNS}, version.serialized
       from ${DAG_TABLES}
      where dag.dag_id = $1`,
    [dagId],
  );
  return rows[0];
}

/** Tags in use, by name. */
export async function listDagTags(sql: Sql): Promise<string[]> {
  const { rows } = await sql.query<{ tag: string }>(
    `select distinct unnest(tags) as tag
       from tidegate.dag
      where not is_stale
      order by tag`,
  );
  return rows.map((row) => row.tag);
}

/** Pauses or unpauses; false when there is no such DAG. Running tasks finish, nothing new starts. */
export async function setDagPaused(sql: Sql, dagId: string, isPaused: boolean): Promise<boolean> {
  const { rowCount } = await sql.query('update tidegate.dag set is_paused = $2 where dag_id = $1', [
    dagId,
    isPaused,
  ]);
  return rowCount === 1;
}
