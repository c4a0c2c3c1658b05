import type { ImportErrorRow } from '@tidegate/engine/server';

import type { ImportErrorResponse } from '../../contract/index.ts';

/** An import error in Airflow's shape. */
export function toImportError(row: ImportErrorRow): ImportErrorResponse {
  const at = row.line === null ? row.file : `${row.file}:${row.line}:${row.column_number ?? 1}`;
  const frame = row.code_frame === null ? '' : `\n\n${row.code_frame}`;
  return {
    import_error_id: row.id,
    timestamp: row.at.toISOString(),
    filename: row.file,
    bundle_name: 'dags-folder',
    stack_trace: `${at}: ${row.message}${frame}`,
    tidegate_code: row.code,
    tidegate_message: row.message,
    tidegate_line: row.line,
    tidegate_column: row.column_number,
    tidegate_code_frame: row.code_frame,
  };
}
