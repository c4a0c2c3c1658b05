import type { RegisteredFile } from '../execution/contract.ts';
import type { Sql } from './db.ts';

/**
 * Every DAG file with what it has: its DAGs at their versions, as far as their bundles are stored, and the code of its
 * import error. Whoever registered it can tell by this whether the database still knows.
 */
export async function listRegisteredFiles(sql: Sql): Promise<RegisteredFile[]> {
  const { rows } = await sql.query<RegisteredFile>(
    `select file, coalesce(of_file.dags, '[]') as dags, import_error.code as error
       from (select dag.file,
                    json_agg(json_build_object('id', dag.dag_id, 'version', version.number)
                             order by dag.dag_id) as dags
               from tidegate.dag
               join tidegate.dag_version as version using (version_key)
               join tidegate.artefact on artefact.hash = version.bundle_hash
              where not dag.is_stale
              group by dag.file) as of_file
       full join tidegate.import_error using (file)
      order by file`,
  );
  return rows;
}
