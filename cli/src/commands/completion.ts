import type { Command } from 'commander';

import type {
  DagCollection,
  DagRunCollection,
  PoolCollection,
  TaskCollection,
} from '@tidegate/web/contract';

import { dagPath } from '../paths.ts';
import type { CommandContext } from './context.ts';

type Shell = 'bash' | 'zsh' | 'fish';

/** Each asks `tidegate __complete` with the words typed so far, the last one unfinished. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: [
    '_tidegate() {',
    "  local IFS=$'\\n'",
    '  COMPREPLY=($(compgen -W "$(tidegate __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _tidegate tidegate',
  ].join('\n'),
  zsh: [
    '#compdef tidegate',
    '_tidegate() {',
    '  local -a found',
    '  found=(${(f)"$(tidegate __complete -- ${words[2,CURRENT]} 2>/dev/null)"})',
    '  compadd -- $found',
    '}',
    'compdef _tidegate tidegate',
  ].join('\n'),
  fish:
    'complete -c tidegate -f -a ' +
    "'(tidegate __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'",
};

const INSTALL =
  '\nExamples:\n  $ echo \'eval "$(tidegate completion bash)"\' >> ~/.bashrc' +
  '\n  $ echo \'eval "$(tidegate completion zsh)"\' >> ~/.zshrc' +
  '\n  $ tidegate completion fish > ~/.config/fish/completions/tidegate.fish';

/** `tidegate completion`, and the hidden command the shells ask. */
export function addCompletionCommands(program: Command, context: CommandContext): void {
  program
    .command('completion')
    .description('a script that completes commands, options, and the ids of DAGs, runs and tasks')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText('after', INSTALL)
    .action((shell: string) => {
      const script = SCRIPTS[shell as Shell] as string | undefined;
      if (script === undefined) program.error('the shell is bash, zsh or fish', { exitCode: 2 });
      else context.print(script);
    });
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const found = await complete(program, context, words);
      if (found.length > 0) context.print(found.join('\n'));
    });
}

/** What may stand in the place of the last word. */
async function complete(
  program: Command,
  context: CommandContext,
  words: readonly string[],
): Promise<string[]> {
  const begun = words.at(-1) ?? '';
  const { command, given } = walk(program, words.slice(0, -1));
  const options = command.options.flatMap((option) => option.long ?? []);
  if (begun.startsWith('-')) return options.filter((name) => name.startsWith(begun));
  const choices = optionChoices(command, words.at(-2));
  if (choices !== undefined) return choices.filter((choice) => choice.startsWith(begun));
  const verbs = command.commands.map((one) => one.name()).filter((name) => !name.startsWith('_'));
  const argument = command.registeredArguments[given.length];
  const values =
    argument?.argChoices ?? (await listIds(context, argument?.name(), given).catch(() => []));
  return [...verbs, ...values].filter((value) => value.startsWith(begun));
}

/** The command the words lead to, and the arguments it has been given. */
function walk(program: Command, words: readonly string[]): { command: Command; given: string[] } {
  let command = program;
  const given: string[] = [];
  for (const word of words) {
    if (word.startsWith('-')) continue;
    const next = command.commands.find(
      (one) => one.name() === word || one.aliases().includes(word),
    );
    if (next === undefined) given.push(word);
    else command = next;
  }
  return { command, given };
}

function optionChoices(command: Command, word: string | undefined): string[] | undefined {
  if (word?.startsWith('-') !== true) return undefined;
  const option = command.options.find(({ long, short }) => [long, short].includes(word));
  return option?.argChoices;
}

async function listIds(
  { api }: CommandContext,
  argument: string | undefined,
  [dag = '']: readonly string[],
): Promise<string[]> {
  switch (argument) {
    case 'dag': {
      const { dags } = await api().get<DagCollection>('/api/v2/dags', { limit: 1_000 });
      return dags.map((one) => one.dag_id);
    }
    case 'run': {
      const { dag_runs: runs } = await api().get<DagRunCollection>(`${dagPath(dag)}/dagRuns`);
      return runs.map((run) => run.dag_run_id);
    }
    case 'task':
    case 'tasks': {
      const { tasks } = await api().get<TaskCollection>(`${dagPath(dag)}/tasks`);
      return tasks.map((task) => task.task_id);
    }
    case 'name': {
      const { pools } = await api().get<PoolCollection>('/api/v2/pools');
      return pools.map((pool) => pool.name);
    }
    case undefined:
    default:
      return [];
  }
}
