import { Argument, type Command } from 'commander';

import type {
  TaskCollection,
  TaskInstanceCollection,
  TaskInstanceResponse,
  TaskResponse,
} from '@tidegate/web/contract';

import { type Column, formatRows } from '../output.ts';
import { dagPage, dagPath, runPage, runPath, taskPath } from '../paths.ts';
import { listTaskInstances } from '../task-instances.ts';
import {
  type CommandContext,
  confirmChange,
  type OutputOptions,
  outputOption,
  sayWhere,
} from './context.ts';
import { TASK_COLUMNS } from './run-fields.ts';
import { addLogs } from './task-logs.ts';

const DEFINITION_COLUMNS: readonly Column<TaskResponse>[] = [
  { heading: 'task_id', value: (task) => task.task_id },
  { heading: 'after', value: (task) => task.tidegate_upstream_task_ids.join(', ') },
  { heading: 'trigger_rule', value: (task) => task.trigger_rule },
  { heading: 'retries', value: (task) => task.retries },
  { heading: 'pool', value: (task) => task.pool },
  { heading: 'mapped', value: (task) => task.is_mapped },
];

/** `tidegate tasks …` */
export function addTaskCommands(program: Command, context: CommandContext): void {
  const tasks = program
    .command('tasks')
    .alias('task')
    .description('tasks, their states in a run, and their logs');
  addList(tasks, context);
  addStates(tasks, context);
  addLogs(tasks, context);
  addClear(tasks, context);
  addMark(tasks, context);
}

function addList(tasks: Command, context: CommandContext): void {
  tasks
    .command('list <dag>')
    .description('the tasks of a DAG')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate tasks list bank_accounts')
    .action(async (dag: string, { output }: OutputOptions) => {
      const answer = await context.api().get<TaskCollection>(`${dagPath(dag)}/tasks`);
      context.print(await formatRows(answer.tasks, DEFINITION_COLUMNS, output));
      sayWhere(context, dagPage(dag));
    });
}

function addStates(tasks: Command, context: CommandContext): void {
  tasks
    .command('states <dag> <run>')
    .description('the state of each task in a run')
    .option('--state <state...>', 'only those in these states')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate tasks states bank_accounts by-hand')
    .action(async (dag: string, run: string, options: OutputOptions & { state?: string[] }) => {
      const query = { state: options.state };
      const states = await listTaskInstances(context.api(), runPath(dag, run), query);
      context.print(await formatRows(states, TASK_COLUMNS, options.output));
      sayWhere(context, runPage(dag, run));
    });
}

interface ChangeOptions extends OutputOptions {
  readonly upstream?: boolean;
  readonly downstream?: boolean;
  readonly onlyFailed?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** What a clear and a mark have in common. */
function addChangeOptions(command: Command): Command {
  return command
    .option('--upstream', 'and the tasks before them')
    .option('--downstream', 'and the tasks behind them')
    .option('--dry-run', 'list what would be changed, and change nothing')
    .option('-y, --yes', 'do not ask')
    .addOption(outputOption());
}

function addClear(tasks: Command, context: CommandContext): void {
  addChangeOptions(
    tasks
      .command('clear <dag> <run> [tasks...]')
      .description('run tasks of a run again (default: all), with the range and the code it had')
      .option('--only-failed', 'only those that failed'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidegate tasks clear bank_accounts by-hand load --downstream --dry-run' +
        '\n  $ tidegate tasks clear bank_accounts by-hand --only-failed -y',
    )
    .action(async (...given: [dag: string, run: string, ids: string[], options: ChangeOptions]) => {
      const [dag, run, ids, options] = given;
      const path = `${dagPath(dag)}/clearTaskInstances`;
      const body = {
        dag_run_id: run,
        ...(ids.length === 0 ? {} : { task_ids: ids }),
        ...relatives(options),
        only_failed: options.onlyFailed === true,
      };
      const { api } = context;
      await change(context, options, {
        what: `of ${run}`,
        verb: 'Clear',
        preview: () => api().post(path, { ...body, dry_run: true }),
        apply: () => api().post(path, { ...body, dry_run: false }),
      });
      sayWhere(context, runPage(dag, run));
    });
}

function addMark(tasks: Command, context: CommandContext): void {
  addChangeOptions(
    tasks
      .command('mark <dag> <run> <task>')
      .description('say how a task ended, without running it')
      .addArgument(
        new Argument('<state>', 'how it ended').choices(['success', 'failed', 'skipped']),
      ),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ tidegate tasks mark bank_accounts by-hand load success --dry-run',
    )
    .action(
      async (
        ...given: [dag: string, run: string, task: string, state: string, options: ChangeOptions]
      ) => {
        const [dag, run, task, state, options] = given;
        const path = taskPath({ dag, run, task });
        const body = { new_state: state, ...relatives(options) };
        const { api } = context;
        await change(context, options, {
          what: `of ${run} as ${state}`,
          verb: 'Mark',
          preview: () => api().patch(`${path}/dry_run`, body),
          apply: () => api().patch(path, body),
        });
        sayWhere(context, runPage(dag, run));
      },
    );
}

function relatives({ upstream, downstream }: ChangeOptions) {
  return {
    include_upstream: upstream === true,
    include_downstream: downstream === true,
  };
}

interface Change {
  readonly verb: 'Clear' | 'Mark';
  readonly what: string;
  readonly preview: () => Promise<TaskInstanceCollection>;
  readonly apply: () => Promise<unknown>;
}

/** Shows what would be changed; changes it once that was agreed to. */
async function change(
  context: CommandContext,
  { output, dryRun, yes }: ChangeOptions,
  { verb, what, preview, apply }: Change,
): Promise<void> {
  const tasks: readonly TaskInstanceResponse[] = (await preview()).task_instances;
  context.print(await formatRows(tasks, TASK_COLUMNS, output));
  const some = `${tasks.length} task${tasks.length === 1 ? '' : 's'} ${what}`;
  if (dryRun === true) {
    context.say(`dry run: ${verb.toLowerCase()} ${some}`);
    return;
  }
  await confirmChange(context, `${verb} ${some}?`, yes);
  await apply();
  context.say(`done: ${verb.toLowerCase()} ${some}`);
}
