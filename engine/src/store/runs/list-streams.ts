import type { Sql } from '../db.ts';

/** A DAG and the topic it reads. */
export interface Stream {
  readonly dagId: string;
  readonly topic: string;
  readonly isPaused: boolean;
  readonly checkedAt: Date | null;
}

/** Streams of all DAGs, or of one, by DAG id. */
export async function listStreams(sql: Sql, dagId: string | null): Promise<Stream[]> {
  const { rows } = await sql.query<{
    dag_id: string;
    topic: string;
    is_paused: boolean;
    checked_at: Date | null;
  }>(
    `select dag.dag_id, version.serialized -> 'source' ->> 'topic' as topic, dag.is_paused,
            dag.checked_at
       from tidegate.dag
       join tidegate.dag_version as version using (version_key)
      where not dag.is_stale and version.serialized -> 'source' ->> 'topic' is not null
        and ($1::text is null or dag.dag_id = $1)
      order by dag.dag_id`,
    [dagId],
  );
  return rows.map((row) => ({
    dagId: row.dag_id,
    topic: row.topic,
    isPaused: row.is_paused,
    checkedAt: row.checked_at,
  }));
}
