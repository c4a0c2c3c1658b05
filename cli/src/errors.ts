import { TidegateError, type TidegateErrorOptions } from '@tidegate/engine/platform';

/** Exit codes of every command; scripts rely on them. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  conflict: 5,
  invalid: 6,
  runFailed: 10,
  unreachable: 12,
  timeout: 124,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command that ends with one line on standard error and an exit code. */
export class CliError extends TidegateError {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options: TidegateErrorOptions = {}) {
    super('CLI', message, options);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
