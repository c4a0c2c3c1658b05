import type { DagVersionRow } from '@tidegate/engine/server';

import type { DagVersionResponse } from '../../contract/index.ts';

/** A version of a DAG in Airflow's shape. */
export function toDagVersion(row: DagVersionRow): DagVersionResponse {
  return {
    id: toKeyUuid(row.version_key, 0),
    version_number: row.number,
    dag_id: row.dag_id,
    dag_display_name: row.dag_id,
    bundle_name: 'dags-folder',
    bundle_version: null,
    bundle_url: null,
    created_at: row.created_at.toISOString(),
  };
}

/** Airflow's clients want UUIDs; a pair of keys makes one that never changes (version 8, RFC 9562). */
export function toKeyUuid(key: number, place: number): string {
  const high = key.toString(16).padStart(15, '0');
  const low = place.toString(16).padStart(12, '0');
  return `${high.slice(0, 8)}-${high.slice(8, 12)}-8${high.slice(12)}-8000-${low}`;
}
