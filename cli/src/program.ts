import { readFileSync } from 'node:fs';

import { Command, CommanderError } from 'commander';

import { ApiClient } from './api-client.ts';
import type { CommandContext } from './commands/context.ts';
import { addCompletionCommands } from './commands/completion.ts';
import { addDagCommands } from './commands/dags.ts';
import { addHealthCommands } from './commands/health.ts';
import { addLoginCommands } from './commands/login.ts';
import { addPoolCommands } from './commands/pools.ts';
import { addRunCommands } from './commands/runs.ts';
import { addServiceCommands } from './commands/services.ts';
import { addStreamCommands } from './commands/streams.ts';
import { addTaskCommands } from './commands/tasks.ts';
import { addUserCommands } from './commands/users.ts';
import { type CliConfig, readCliConfig } from './config.ts';
import { CliError, EXIT, type ExitCode } from './errors.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly readConfig?: () => CliConfig;
  /** Where a person sits in front of it. */
  readonly ask?: CommandContext['ask'];
}

/** Runs one command line and answers its exit code; data goes to `out`, talk and errors to `err`. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: ExitCode = EXIT.ok;
  const program = buildProgram(terminal, (code) => (exitCode = code));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has printed its own message already; asking for help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof CliError)) throw error;
    terminal.err(`tidegate: ${error.message}`);
    return error.exitCode;
  }
}

/** The names of all commands and groups. */
export function commandNames(): string[] {
  const silent: Terminal = { out: () => undefined, err: () => undefined };
  return buildProgram(silent, () => undefined).commands.map((command) => command.name());
}

function buildProgram(terminal: Terminal, exit: CommandContext['exit']): Command {
  let api: ApiClient | undefined;
  const context: CommandContext = {
    api: () => (api ??= new ApiClient((terminal.readConfig ?? readCliConfig)())),
    print: terminal.out,
    say: terminal.err,
    exit,
    ask: terminal.ask,
  };
  const program = new Command('tidegate')
    .description('Runs DAGs over change data, and shows what they did')
    .version(version, '--version', 'which release this is')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help shows how)');
  addDagCommands(program, context);
  addRunCommands(program, context);
  addTaskCommands(program, context);
  addStreamCommands(program, context);
  addPoolCommands(program, context);
  addUserCommands(program, context);
  addHealthCommands(program, context);
  addLoginCommands(program, context);
  addCompletionCommands(program, context);
  addStandalone(program);
  addServiceCommands(program, context);
  return program;
}

function addStandalone(program: Command): void {
  program
    .command('standalone')
    .description('everything in one command, with embedded services where none are named')
    .addHelpText('after', '\nExample:\n  $ TIDEGATE_PORT=8081 tidegate standalone')
    .action(async () => {
      // Loaded only now: the other commands start without the servers' code.
      const { main } = await import('@tidegate/standalone');
      await main();
    });
}
