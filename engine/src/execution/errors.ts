/** Codes of the execution API. Each says what it means, its usual cause and what to do. */
export const EXECUTION_ERRORS = {
  /** No or a wrong bearer. Usual cause: worker and scheduler have different `TIDEGATE_WORKER_TOKEN`s. */
  unauthorized: 'UNAUTHORIZED',
  /** The task token's try no longer holds its task instance. The task was cleared or its lease ran out: stop. */
  tryOver: 'TRY_OVER',
  /** A newer process of this worker took over. Stop this one, or give it another worker id. */
  sessionSuperseded: 'SESSION_SUPERSEDED',
  /** The task may not use this connection, or there is none. List it under `connections`, then define it. */
  connectionUnknown: 'CONNECTION_UNKNOWN',
  /** No such variable. Set `TIDEGATE_VAR_<ID>` or add it in the console. */
  variableUnknown: 'VARIABLE_UNKNOWN',
  /** No bundle with this hash. Register its DAG again. */
  artefactUnknown: 'ARTEFACT_UNKNOWN',
  /**
   * *outcome* The task's process was killed at several tries in a row, none of which ended by itself. Usual cause:
   * the system's out-of-memory killer. Let the task hold less at once, or run fewer tasks beside it.
   */
  killedAgainAndAgain: 'KILLED_AGAIN_AND_AGAIN',
  /** The bytes do not hash to their name. The upload was cut short: send it again. */
  artefactBroken: 'ARTEFACT_BROKEN',
  /** The body does not fit the contract. Usual cause: worker and scheduler of different releases. */
  badRequest: 'BAD_REQUEST',
  /** A task's pool does not exist. Create it, or correct the name. */
  poolMissing: 'POOL_MISSING',
  /**
   * A task takes more slots than its pool has, and would wait for ever. Give the pool as many slots, and the file is
   * registered by itself, or let the task take fewer.
   */
  poolTooSmall: 'POOL_TOO_SMALL',
  /** A DAG id already belongs to another file. Rename one, or remove the other file's DAG first. */
  duplicateDag: 'DUPLICATE_DAG_ID',
} as const;
