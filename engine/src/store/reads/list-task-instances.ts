import type { SerializedTask } from '../../dag/serialized-dag.ts';
import type { Sql } from '../db.ts';

/** A task instance with what its DAG version says of the task. */
export interface TaskInstanceRow {
  readonly run_key: number;
  readonly ix: number;
  readonly state: string;
  readonly try_number: number;
  readonly max_tries: number;
  readonly scheduled_at: Date | null;
  readonly start_at: Date | null;
  readonly end_at: Date | null;
  readonly worker: string | null;
  readonly task: SerializedTask;
}

/** Every task instance of a run, in topological order. */
export async function listTaskInstances(sql: Sql, runKey: number): Promise<TaskInstanceRow[]> {
  const { rows } = await sql.query<TaskInstanceRow>(
    `select instance.run_key, instance.ix, instance.state, instance.try_number, instance.max_tries,
            to_timestamp(instance.scheduled_ms / 1000.0) as scheduled_at,
            to_timestamp(instance.start_ms / 1000.0) as start_at,
            to_timestamp(instance.end_ms / 1000.0) as end_at,
            session.name as worker,
            version.serialized -> 'tasks' -> instance.ix as task
       from tidegate.task_instance as instance
       join tidegate.dag_run as run using (run_key)
       join tidegate.dag_version as version using (version_key)
       left join tidegate.instance as session on session.instance_key = instance.session_key
      where instance.run_key = $1
      order by instance.ix`,
    [runKey],
  );
  return rows;
}
