import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import type { AskOptions } from './commands/context.ts';
import { CliError, EXIT } from './errors.ts';

/** Asks the person at the terminal for a line; ctrl-C ends the command. */
export async function askPerson(
  question: string,
  { isSecret = false }: AskOptions = {},
): Promise<string> {
  process.stderr.write(question);
  // Readline repeats what is typed on its output: for a secret that leads nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: isSecret ? nowhere : process.stderr,
    terminal: true,
  });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('SIGINT', () => reject(new CliError(EXIT.interrupted, 'nothing was changed')));
      lines.once('close', () => reject(new CliError(EXIT.usage, 'nothing was answered')));
      lines.question('').then(resolve, reject);
    });
  } finally {
    lines.close();
    if (isSecret) process.stderr.write('\n');
  }
}
