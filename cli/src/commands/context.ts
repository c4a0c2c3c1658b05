import { Option } from 'commander';

import type { ApiClient } from '../api-client.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { type Format, FORMATS } from '../output.ts';

/** What every command is given besides its arguments. */
export interface CommandContext {
  /** Opened on first use: `--help` needs no server. */
  readonly api: () => ApiClient;
  /** Data, one line or many, on standard output. */
  readonly print: (text: string) => void;
  /** Talk, on standard error. */
  readonly say: (text: string) => void;
  /** The code a command ends with that is not an error. */
  readonly exit: (code: ExitCode) => void;
  /** Asks a person for a line; undefined where nobody is there to ask. */
  readonly ask: ((question: string, options?: AskOptions) => Promise<string>) | undefined;
}

export interface AskOptions {
  /** What is typed is not shown. */
  readonly isSecret?: boolean;
}

export interface OutputOptions {
  readonly output: Format;
}

/** `-o table|json|yaml|plain` */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how to print the data')
    .choices([...FORMATS])
    .default('table');
}

/**
 * Goes on when the change was agreed to: `-y`, or a person who says yes. Where nobody is there to ask, it is
 * refused instead of asked.
 */
export async function confirmChange(
  { ask }: CommandContext,
  question: string,
  isAgreed: boolean | undefined,
): Promise<void> {
  if (isAgreed === true) return;
  if (ask === undefined) {
    throw new CliError(EXIT.usage, `${question} Nobody is there to ask: say -y to do it`);
  }
  const answer = await ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError(EXIT.usage, 'nothing was changed');
}

/** Names the page of the console last, where it does not disturb the data. */
export function sayWhere(context: CommandContext, path: string): void {
  context.say(context.api().consoleUrl(path));
}
