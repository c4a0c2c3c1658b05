import type { Json } from '../../platform/json.ts';
import type { Sql } from '../db.ts';
import { Conditions, type Order, readCountedPage, toOrderSql } from './conditions.ts';

/** A line of the audit. */
export interface NewEvent {
  /** Airflow's names where it has them: `trigger_dag_run`, `post_clear_task_instances`, … */
  readonly event: string;
  /** User name. */
  readonly actor: string | null;
  readonly dagId: string | null;
  readonly runId: string | null;
  readonly taskId: string | null;
  /** What was asked for; never secrets. */
  readonly extra: Json;
}

export interface EventRow {
  readonly event_key: number;
  readonly at: Date;
  readonly event: string;
  readonly actor: string | null;
  readonly dag_id: string | null;
  readonly run_id: string | null;
  readonly task_id: string | null;
  readonly try_number: number | null;
  readonly extra: Json;
}

/**
 * Appends to the audit, without waiting for the disk: a change committed after it takes the line along, since
 * the server's log keeps its order.
 */
export async function writeEvent(sql: Sql, event: NewEvent): Promise<void> {
  await sql.query(
    `with unhurried as (select set_config('synchronous_commit', 'off', true))
     insert into tidegate.event_log (event, actor, dag_id, run_id, task_id, extra)
     select $1, $2, $3, $4, $5, $6::json
       from unhurried`,
    [event.event, event.actor, event.dagId, event.runId, event.taskId, JSON.stringify(event.extra)],
  );
}

const ORDERS = { id: 'event_key', when: 'at' } as const;

export interface EventFilter {
  readonly key?: number | undefined;
  readonly dagId?: string | undefined;
  readonly runId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly actor?: string | undefined;
  readonly event?: string | undefined;
  readonly before?: Date | undefined;
  readonly after?: Date | undefined;
  /** (Default: the newest first) */
  readonly order?: readonly Order<keyof typeof ORDERS>[] | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Lines of the audit, with how many there are in all (counted up to `MOST_COUNTED`). */
export async function listEvents(
  sql: Sql,
  filter: EventFilter,
): Promise<{ events: EventRow[]; total: number }> {
  const where = new Conditions()
    .add(filter.key, (value) => `event_key = ${value}`)
    .add(filter.dagId, (value) => `dag_id = ${value}`)
    .add(filter.runId, (value) => `run_id = ${value}`)
    .add(filter.taskId, (value) => `task_id = ${value}`)
    .add(filter.actor, (value) => `actor = ${value}`)
    .add(filter.event, (value) => `event = ${value}`)
    .add(filter.before, (value) => `at < ${value}`)
    .add(filter.after, (value) => `at > ${value}`);
  const { rows, total } = await readCountedPage<EventRow>(sql, filter, {
    columns: 'event_key, at, event, actor, dag_id, run_id, task_id, try_number, extra',
    from: 'tidegate.event_log',
    where,
    order: toOrderSql(filter.order, ORDERS, 'event_key desc'),
  });
  return { events: rows, total };
}
