export { checkPostgres, ensureTables, PostgresUnusable } from './check-postgres.ts';
export {
  applyMysqlFile,
  ensureMysqlUser,
  ensurePostgresDatabases,
  type OwnedDatabase,
} from './create-databases.ts';
export { ServiceError } from './errors.ts';
export { findFreePort, isFree } from './free-port.ts';
export { findMysqlProgram, startMysql, type MysqlOptions, type MysqlServer } from './mariadb.ts';
export {
  overSocket,
  startPostgres,
  type PostgresOptions,
  type PostgresServer,
} from './postgres.ts';
export type { PostgresBinaries } from './postgres-binaries.ts';
export {
  asServiceUser,
  checkReachable,
  findProgram,
  isRoot,
  makeDataFolder,
  startServer,
  type ServerProcess,
  type ServerProgram,
} from './server-process.ts';
export { superviseServer } from './supervise-server.ts';
