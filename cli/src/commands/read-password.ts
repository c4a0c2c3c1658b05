import { text } from 'node:stream/consumers';

import { CliError, EXIT } from '../errors.ts';
import type { CommandContext } from './context.ts';

/** From standard input or the person; never an argument: every user of the machine could read it. */
export async function readPassword({ ask }: CommandContext, isOnInput: boolean): Promise<string> {
  if (isOnInput) return (await text(process.stdin)).replace(/\r?\n$/, '');
  if (ask !== undefined) return ask('Password: ', { isSecret: true });
  const why = 'nobody is there to ask for the password: say --password-stdin and give it there';
  throw new CliError(EXIT.usage, why);
}
