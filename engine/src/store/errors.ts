/** Codes of the metadata store. Each says what it means, its usual cause and what to do. */
export const STORE_ERRORS = {
  /**
   * The metadata database cannot be reached. Usual cause: it is down or restarts, or the address is wrong.
   * Calls may be repeated; processes wait and go on by themselves once it is back.
   */
  unavailable: 'DATABASE_UNAVAILABLE',
  /** The server is older than PostgreSQL 14. Upgrade it, or leave `TIDEGATE_DATABASE_URL` out for the embedded one. */
  tooOld: 'DATABASE_TOO_OLD',
  /**
   * The schema was migrated by a newer release with a breaking change. Usual cause: an older process still
   * runs or was started by mistake. Start the newer release.
   */
  schemaNewer: 'SCHEMA_NEWER',
  /** The schema lacks migrations of this release. Usual cause: it was never migrated. Run `tidegate db migrate`. */
  schemaOlder: 'SCHEMA_OLDER',
  /** A migration already applied has another text now. Restore the file; write a new migration instead. */
  migrationChanged: 'MIGRATION_CHANGED',
  /** No such DAG, run or task instance. The name is wrong, or it is past its retention. */
  notFound: 'NOT_FOUND',
  /** A run with this run id or logical date exists already. Choose another, or clear the existing run. */
  runExists: 'RUN_EXISTS',
  /** The run cannot be deleted: it is not over, or it owns a live range. The message says what to do instead. */
  runKept: 'RUN_KEPT',
  /** A pool or user of this name exists already. Choose another name, or change the existing one. */
  exists: 'NAME_TAKEN',
  /** The pool cannot be deleted: it is the default pool, or tasks hold slots of it. Wait until they end. */
  poolKept: 'POOL_KEPT',
  /** The pool would have fewer slots than one of its tasks takes, which would wait for ever. The message names it. */
  poolTooSmall: 'POOL_TOO_SMALL',
  /** The user cannot be removed or demoted: nobody could administer then. Make another administrator first. */
  lastAdmin: 'LAST_ADMIN',
  /** A stored secret cannot be opened. Usual cause: `TIDEGATE_SECRET_KEYS` lost the key it was sealed with. */
  sealBroken: 'SECRET_UNREADABLE',
  /** A value does not fit its rule (a pool without slots, an unknown state). The message names it. */
  invalid: 'INVALID_VALUE',
} as const;
