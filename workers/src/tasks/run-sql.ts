import type { TaskContext } from '@tidegate/engine/dag';

import { runStatements, type SqlSummary } from '../warehouse/postgres/run-statements.ts';

export interface RunSqlOptions {
  /** A PostgreSQL connection; the task must be allowed to use it. */
  readonly connection: string;
  /** One or more statements, run in one transaction. Make them safe to repeat: a try may be lost after its commit. */
  readonly sql: string;
}

/** A task that runs SQL in a PostgreSQL database, in one transaction. */
export function runSql(options: RunSqlOptions): (context: TaskContext) => Promise<SqlSummary> {
  return async (context) => {
    const { uri } = await context.connection(options.connection);
    return runStatements(context, { ...options, uri });
  };
}
