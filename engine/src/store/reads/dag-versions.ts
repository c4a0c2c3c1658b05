import type { SerializedDag } from '../../dag/serialized-dag.ts';
import type { Sql } from '../db.ts';

/** A registered version of a DAG, without its graph. */
export interface DagVersionRow {
  readonly version_key: number;
  readonly dag_id: string;
  readonly number: number;
  readonly created_at: Date;
}

/** A version with its graph, which never changes. */
export interface DagVersion extends DagVersionRow {
  readonly serialized: SerializedDag;
}

/** All versions of a DAG, the newest first. */
export async function listDagVersions(
  sql: Sql,
  dagId: string,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ versions: DagVersionRow[]; total: number }> {
  const { rows } = await sql.query<DagVersionRow & { total: number }>(
    `select version_key, dag_id, number, created_at, count(*) over () as total
       from tidegate.dag_version
      where dag_id = $1
      order by number desc
      limit $2 offset $3`,
    [dagId, page.limit, page.offset],
  );
  return { versions: rows, total: rows[0]?.total ?? 0 };
}

/** The DAG's file as it was registered; without a number, of the current version. */
export async function findDagSource(
  sql: Sql,
  dagId: string,
  number: number | null,
): Promise<{ readonly source: string; readonly number: number } | undefined> {
  const { rows } = await sql.query<{ source: string; number: number }>(
    `select version.source, version.number
       from tidegate.dag
       join tidegate.dag_version as version using (dag_id)
      where dag.dag_id = $1
        and case when $2::int is null then version.version_key = dag.version_key
                 else version.number = $2 end`,
    [dagId, number],
  );
  return rows[0];
}

const MOST_VERSIONS = 200;

/** Versions in memory: what runs of a list or a grid have in common is read once. */
export class DagVersions {
  private readonly sql: Sql;
  private readonly known = new Map<number, DagVersion>();

  constructor(sql: Sql) {
    this.sql = sql;
  }

  forget(): void {
    this.known.clear();
  }

  /** By version key; a key that does not exist is left out. */
  async load(versionKeys: Iterable<number>): Promise<ReadonlyMap<number, DagVersion>> {
    const wanted = new Set(versionKeys);
    const found = new Map<number, DagVersion>();
    const missing: number[] = [];
    for (const key of wanted) {
      const version = this.known.get(key);
      if (version === undefined) missing.push(key);
      else found.set(key, version);
    }
    for (const version of await this.read(missing)) {
      found.set(version.version_key, version);
      this.known.set(version.version_key, version);
    }
    for (const key of this.known.keys()) {
      if (this.known.size <= MOST_VERSIONS) break;
      this.known.delete(key);
    }
    return found;
  }

  private async read(versionKeys: readonly number[]): Promise<DagVersion[]> {
    if (versionKeys.length === 0) return [];
    const { rows } = await this.sql.query<DagVersion>(
      `select version_key, dag_id, number, created_at, serialized
         from tidegate.dag_version
        where version_key = any ($1::bigint[])`,
      [versionKeys],
    );
    return rows;
  }
}
