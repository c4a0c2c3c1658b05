import { TidegateError } from '../platform/errors.ts';

/**
 * Codes of the authoring area. All but the last five are thrown while a DAG file is loaded, which makes them
 * import errors of that file; none is retriable.
 */
export type DagErrorCode =
  /** An id that cannot stand in URLs and tables. Rename it: letters, digits, `_`, `.`, `-`, at most 250. */
  | 'BAD_ID'
  /** Two tasks or groups of one DAG share an id. Rename one of them. */
  | 'DUPLICATE_ID'
  /** A value outside what its option takes. The message says what it takes. */
  | 'BAD_OPTION'
  /** An option nobody knows, usually a slip of the pen. The message names the nearest one. */
  | 'UNKNOWN_OPTION'
  /** Something other than a reference to a task of this DAG. Pass what `task()` returned. */
  | 'UNKNOWN_REFERENCE'
  /** Tasks that wait for each other; the message names the path. Remove one `after` or `before` of it. */
  | 'CYCLE'
  /** More tasks or edges than a DAG may have. Split the DAG, or give a group one joining task. */
  | 'DAG_TOO_LARGE'
  /** Declared, but this version cannot run it yet. Remove it, or wait for the version that can. */
  | 'NOT_BUILT_YET'
  /** `onRecords` in a DAG without `source`. Add `source: topic(…)`. */
  | 'SOURCE_MISSING'
  /** A scheduled DAG whose params have no defaults. Give every required param one, or `schedule: null`. */
  | 'PARAMS_NEED_DEFAULTS'
  /** The build function is async, or was left with its builder in hand. Call `task()` synchronously in it. */
  | 'BUILD_NOT_SYNCHRONOUS'
  /** A loaded bundle has no such DAG or task: the bundle is not the one the run was created with. */
  | 'TASK_MISSING'
  /** A task returned what JSON cannot carry; the message names the place. Return plain data. */
  | 'OUTPUT_NOT_JSON'
  /** A task returned more than 1 MiB. Store the data and return where it is. */
  | 'OUTPUT_TOO_LARGE'
  /** A branch chose something that is not in its `to`. Return an id of `to`, several, or null. */
  | 'BRANCH_UNKNOWN'
  /** The run's params do not fit the DAG's schema. */
  | 'PARAMS_INVALID';

/** An error of the authoring area. */
export function dagError(
  code: DagErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): TidegateError {
  return new TidegateError(code, message, { details });
}
