/**
 * The one base of every error we throw on purpose.
 *
 * Each area declares its codes in its own `errors.ts`, a word a code, with a docblock that says what
 * it means, its usual cause and what to do. Callers branch on `code` or `retriable`, never on text.
 */
export class TidegateError extends Error {
  /** A word, upper snake case: `RANGE_LOST`. */
  readonly code: string;
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retriable: boolean;
  /** Facts for the reader of a log: ids, offsets, limits. Never secrets. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: TidegateErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TidegateError';
    this.code = code;
    this.retriable = options.retriable ?? false;
    this.details = options.details ?? {};
  }
}

export interface TidegateErrorOptions {
  readonly retriable?: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A broken invariant: the program is wrong, not its input. */
export class BugError extends TidegateError {
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}) {
    super('BUG', `${message} (this is a bug in Tidegate, please report it)`, { details });
    this.name = 'BugError';
  }
}

/** Turns whatever was thrown into an `Error`, so that a message and a stack always exist. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new TidegateError(
    'NOT_AN_ERROR',
    `a value that is no Error was thrown: ${String(thrown)}`,
  );
}
