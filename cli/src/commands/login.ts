import type { Command } from 'commander';

import type { SessionResponse, TokenResponse } from '@tidegate/web/contract';

import { ApiClient } from '../api-client.ts';
import { forgetSignIn, keepSignIn } from '../config.ts';
import { formatObject } from '../output.ts';
import { type CommandContext, type OutputOptions, outputOption } from './context.ts';
import { readPassword } from './read-password.ts';

interface LoginOptions {
  readonly url: string;
  readonly username: string;
  readonly passwordStdin?: boolean;
}

/** `tidegate login`, `logout` and `whoami`: for an API that does not run in this home. */
export function addLoginCommands(program: Command, context: CommandContext): void {
  const { api, print, say } = context;
  program
    .command('login')
    .description('sign in to an API, and keep address and token in TIDEGATE_HOME')
    .option('--url <url>', 'where the API is', 'http://127.0.0.1:8080')
    .option('-u, --username <name>', 'as whom', 'admin')
    .option('--password-stdin', 'the password is what comes on standard input')
    .addHelpText(
      'after',
      '\nExample:\n  $ tidegate login --url https://tidegate.example --username eve',
    )
    .action(async ({ url, username, passwordStdin }: LoginOptions) => {
      const password = await readPassword(context, passwordStdin === true);
      const anybody = new ApiClient({ apiUrl: url, token: '' });
      const { access_token: token } = await anybody.post<TokenResponse>('/auth/token/cli', {
        username,
        password,
      });
      say(`signed in to ${url} as ${username}; kept in ${keepSignIn({ apiUrl: url, token })}`);
    });
  program
    .command('logout')
    .description('forget what login kept')
    .addHelpText('after', '\nExample:\n  $ tidegate logout')
    .action(() => {
      forgetSignIn();
      say('signed out');
    });
  program
    .command('whoami')
    .description('as whom the API knows this command line')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate whoami')
    .action(async ({ output }: OutputOptions) => {
      const session = await api().get<SessionResponse>('/auth/session');
      print(await formatObject({ ...session }, session, output));
    });
}
