import { Argument, type Command, Option } from 'commander';

import type { UserCollection, UserResponse } from '@tidegate/web/contract';

import { type Column, formatObject, formatRows } from '../output.ts';
import { type CommandContext, confirmChange, type OutputOptions, outputOption } from './context.ts';
import { readPassword } from './read-password.ts';

/** As the contract's; its module is not loaded for a list of four words. */
const ROLES = ['viewer', 'user', 'op', 'admin'];

const COLUMNS: readonly Column<UserResponse>[] = [
  { heading: 'username', value: (user) => user.username },
  { heading: 'role', value: (user) => user.role },
  { heading: 'active', value: (user) => user.is_active },
  { heading: 'created_at', value: (user) => user.created_at },
];

const USERS = '/auth/users';
const pathOf = (name: string) => `${USERS}/${encodeURIComponent(name)}`;

/** `tidegate users …`: administrators only. */
export function addUserCommands(program: Command, context: CommandContext): void {
  const { api, print, say } = context;
  const users = program.command('users').alias('user').description('who may do what');
  users
    .command('list')
    .description('all users and their roles')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate users list')
    .action(async ({ output }: OutputOptions) => {
      const answer = await api().get<UserCollection>(USERS);
      print(await formatRows(answer.users, COLUMNS, output));
    });
  addCreate(users, context);
  users
    .command('set-role <username>')
    .description('from the next request on; their sessions and tokens end')
    .addArgument(new Argument('<role>').choices(ROLES))
    .addHelpText('after', '\nExample:\n  $ tidegate users set-role eve op')
    .action(async (username: string, role: string) => {
      await api().patch(pathOf(username), { role });
      say(`${username} is ${role}`);
    });
  users
    .command('delete <username>')
    .description('their sessions and tokens end with them')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ tidegate users delete eve -y')
    .action(async (username: string, { yes }: { yes?: boolean }) => {
      await confirmChange(context, `Delete user ${username}?`, yes);
      await api().delete(pathOf(username));
      say(`${username} is deleted`);
    });
}

interface CreateOptions extends OutputOptions {
  readonly role: string;
  readonly passwordStdin?: boolean;
}

function addCreate(users: Command, context: CommandContext): void {
  users
    .command('create <username>')
    .description('a new user; the password is asked for, or read from standard input')
    .addOption(new Option('--role <role>', 'what they may do').choices(ROLES).default('viewer'))
    .option('--password-stdin', 'the password is what comes on standard input')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ tidegate users create eve --role user --password-stdin < password.txt',
    )
    .action(async (username: string, options: CreateOptions) => {
      const password = await readPassword(context, options.passwordStdin === true);
      const body = { username, password, role: options.role };
      const user = await context.api().post<UserResponse>(USERS, body);
      context.print(await formatObject({ ...user }, user, options.output));
    });
}
