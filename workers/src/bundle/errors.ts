import { TidegateError } from '@tidegate/engine/platform';

/**
 * Codes of registration. Those of the first group are import errors: they stand beside the file in the console,
 * its last good version keeps running, and saving the file again clears them.
 */
export type BundleErrorCode =
  /** The file cannot be parsed. Correct the line shown. */
  | 'DAG_SYNTAX'
  /** An import leads nowhere. Install the package beside the DAGs folder, or correct the path. */
  | 'IMPORT_UNRESOLVED'
  /** A part of the product that DAG files may not use. Import what the message names. */
  | 'IMPORT_FORBIDDEN'
  /** A package with compiled code (`.node`), which cannot travel in a bundle. Use one in plain JavaScript. */
  | 'NATIVE_MODULE'
  /** Not UTF-8 text, usually UTF-16 from an editor. Save the file as UTF-8. */
  | 'FILE_NOT_UTF8'
  /** The file, or the target of its link, cannot be read or lies outside of the DAGs folder. */
  | 'FILE_UNREADABLE'
  /** Code outside of tasks threw while the file was loaded. Correct the line shown. */
  | 'DAG_EVALUATION_FAILED'
  /** The file ended the process while it was loaded. Remove `process.exit`. */
  | 'DAG_EXITED'
  /** Loading did not end in time: an endless loop, or an `await` outside of tasks. Move the work into a task. */
  | 'DAG_TIMEOUT'
  /** Loading took too much memory. Move the work into a task. */
  | 'DAG_OUT_OF_MEMORY'
  /** Loading printed megabytes. Print in tasks, where it becomes the log. */
  | 'DAG_OUTPUT_FLOOD'
  /** Timers, sockets or servers were left open. Open them inside of tasks: every load would open them again. */
  | 'DAG_LEAVES_HANDLES'
  /** Two loads gave two graphs: the file builds from the clock, chance or files. Move that into a task. */
  | 'DAG_NOT_DETERMINISTIC'
  /** No named export is a DAG. `export const x = defineDag(…)`. */
  | 'NO_DAG_EXPORTED'
  /** Another file has a DAG of that id; the one registered first stays. Rename one. */
  | 'DUPLICATE_DAG_ID'
  /** A bundle's bytes do not have the hash they were asked by: storage or transport damaged them. Retried. */
  | 'BUNDLE_DAMAGED'
  /** The execution API answered a registration with an error status. Retried; see the status. */
  | 'REGISTRATION_REFUSED';

/** An error of registration or of loading a bundle. */
export function bundleError(
  code: BundleErrorCode,
  message: string,
  options: { readonly retriable?: boolean; readonly details?: Record<string, unknown> } = {},
): TidegateError {
  return new TidegateError(code, message, options);
}
