import type {
  SerializedDag,
  SerializedSchedule,
  SerializedSource,
} from '../../dag/serialized-dag.ts';
import type { Sql } from '../db.ts';

/** What the making of runs needs of a DAG version. Versions never change, so this may be cached by key. */
export interface DagPlan {
  readonly dagId: string;
  readonly versionKey: number;
  readonly schedule: SerializedSchedule;
  readonly source: SerializedSource | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly catchup: boolean;
  readonly maxActiveRuns: number;
  readonly paramsSchema: SerializedDag['paramsSchema'];
}

interface PlanRow {
  readonly dag_id: string;
  readonly version_key: number;
  readonly plan: Omit<DagPlan, 'dagId' | 'versionKey'>;
}

/** Plans of the versions given. */
export async function listPlans(sql: Sql, versionKeys: readonly number[]): Promise<DagPlan[]> {
  // Taken apart in the database: the tasks of a large DAG need not travel.
  const { rows } = await sql.query<PlanRow>(
    `select dag_id, version_key,
            json_build_object(
              'schedule', serialized -> 'schedule', 'source', serialized -> 'source',
              'startDate', serialized -> 'startDate', 'endDate', serialized -> 'endDate',
              'catchup', serialized -> 'catchup', 'maxActiveRuns', serialized -> 'maxActiveRuns',
              'paramsSchema', serialized -> 'paramsSchema') as plan
       from tidegate.dag_version
      where version_key = any($1::bigint[])`,
    [versionKeys],
  );
  return rows.map((row) => ({ dagId: row.dag_id, versionKey: row.version_key, ...row.plan }));
}
