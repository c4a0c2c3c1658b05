import { Argument, type Command } from 'commander';

import type {
  DagRunCollection,
  DagRunResponse,
  TaskInstanceCollection,
} from '@tidegate/web/contract';

import { followRun } from '../follow-run.ts';
import { formatObject, formatRows } from '../output.ts';
import { dagPage, dagPath, runPage, runPath } from '../paths.ts';
import { listTaskInstances } from '../task-instances.ts';
import {
  type CommandContext,
  confirmChange,
  type OutputOptions,
  outputOption,
  sayWhere,
} from './context.ts';
import { RUN_COLUMNS, runFields, TASK_COLUMNS } from './run-fields.ts';
import { readTimeout, type WaitOptions } from './trigger.ts';

/** `tidegate runs …` */
export function addRunCommands(program: Command, context: CommandContext): void {
  const runs = program
    .command('runs')
    .alias('run')
    .description('runs of DAGs and the ranges they loaded');
  addList(runs, context);
  addShow(runs, context);
  addWatch(runs, context);
  addClear(runs, context);
  addMark(runs, context);
  addDelete(runs, context);
}

function addList(runs: Command, { api, print }: CommandContext): void {
  runs
    .command('list [dag]')
    .description('newest first, of one DAG or of all')
    .option('--state <state...>', 'queued, running, success or failed')
    .option('-n, --limit <count>', 'how many', '20')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidegate runs list\n  $ tidegate runs list bank_accounts --state failed',
    )
    .action(
      async (
        dag: string | undefined,
        options: OutputOptions & { state?: string[]; limit: string },
      ) => {
        const answer = await api().get<DagRunCollection>(`${dagPath(dag ?? '~')}/dagRuns`, {
          state: options.state,
          limit: options.limit,
        });
        print(await formatRows(answer.dag_runs, RUN_COLUMNS, options.output));
      },
    );
}

function addShow(runs: Command, context: CommandContext): void {
  runs
    .command('show <dag> <run>')
    .description('one run and its tasks')
    .option('-f, --follow', 'tell each change of a state until it has ended: code 0, or 10')
    .option('--timeout <duration>', 'follow no longer than this (5m): code 124')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ tidegate runs show bank_accounts manual__2026-11-21T10:00:00+00:00',
    )
    .action(async (dag: string, run: string, options: OutputOptions & WaitOptions) => {
      if (options.follow === true) await watch(context, { dag, run }, options);
      else await show(context, { dag, run }, options);
    });
}

function addWatch(runs: Command, context: CommandContext): void {
  runs
    .command('watch <dag> <run>')
    .description('tell each change of a state until the run has ended: code 0, or 10 if it failed')
    .option('--timeout <duration>', 'no longer than this (5m): code 124, the run goes on')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate runs watch bank_accounts by-hand --timeout 5m')
    .action((dag: string, run: string, options: OutputOptions & WaitOptions) =>
      watch(context, { dag, run }, options),
    );
}

interface RunName {
  readonly dag: string;
  readonly run: string;
}

async function watch(
  context: CommandContext,
  { dag, run }: RunName,
  options: OutputOptions & WaitOptions,
): Promise<void> {
  const timeoutMs = await readTimeout(options.timeout);
  const named = { dag_id: dag, dag_run_id: run };
  const { exitCode } = await followRun(context, named, { isTold: true, timeoutMs });
  await show(context, { dag, run }, options);
  context.exit(exitCode);
}

async function show(
  context: CommandContext,
  { dag, run }: RunName,
  { output }: OutputOptions,
): Promise<void> {
  const { api, print } = context;
  const path = runPath(dag, run);
  const shown = await api().get<DagRunResponse>(path);
  const tasks = await listTaskInstances(api(), path);
  print(await formatObject(runFields(shown), { ...shown, task_instances: tasks }, output));
  if (output === 'table') print(`\n${await formatRows(tasks, TASK_COLUMNS, 'table')}`);
  sayWhere(context, runPage(dag, run));
}

interface ClearOptions extends OutputOptions {
  readonly dryRun?: boolean;
  readonly onlyFailed?: boolean;
  readonly yes?: boolean;
}

function addClear(runs: Command, context: CommandContext): void {
  const { api, print, say } = context;
  runs
    .command('clear <dag> <run>')
    .description('run its tasks again, with the range and the code it had')
    .option('--only-failed', 'only the tasks that failed, and those behind them')
    .option('--dry-run', 'list what would be cleared, and change nothing')
    .option('-y, --yes', 'do not ask')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate runs clear bank_accounts by-hand --only-failed')
    .action(async (dag: string, run: string, options: ClearOptions) => {
      const path = `${runPath(dag, run)}/clear`;
      const body = { only_failed: options.onlyFailed === true };
      const { task_instances: tasks } = await api().post<TaskInstanceCollection>(path, {
        ...body,
        dry_run: true,
      });
      print(await formatRows(tasks, TASK_COLUMNS, options.output));
      if (options.dryRun === true) {
        say(`dry run: ${tasks.length} tasks would be cleared`);
        return;
      }
      await confirmChange(context, `Clear ${tasks.length} tasks of ${run}?`, options.yes);
      await api().post(path, { ...body, dry_run: false });
      say(`${tasks.length} tasks were cleared`);
      sayWhere(context, runPage(dag, run));
    });
}

function addMark(runs: Command, context: CommandContext): void {
  runs
    .command('mark <dag> <run>')
    .description('end a run as success or failed, or queue it again')
    .addArgument(
      new Argument('<state>', 'what it shall be').choices(['success', 'failed', 'queued']),
    )
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ tidegate runs mark bank_accounts by-hand failed -y')
    .action(
      async (...given: [dag: string, run: string, state: string, options: { yes?: boolean }]) => {
        const [dag, run, state, { yes }] = given;
        await confirmChange(context, `Mark ${run} as ${state}?`, yes);
        const changed = await context.api().patch<DagRunResponse>(runPath(dag, run), { state });
        context.say(`${run} is ${changed.state}`);
        sayWhere(context, runPage(dag, run));
      },
    );
}

function addDelete(runs: Command, context: CommandContext): void {
  runs
    .command('delete <dag> <run>')
    .description('forget a run that has ended, with its tries and logs; loaded rows stay')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ tidegate runs delete bank_accounts by-hand -y')
    .action(async (dag: string, run: string, { yes }: { yes?: boolean }) => {
      await confirmChange(context, `Delete ${run}?`, yes);
      await context.api().delete(runPath(dag, run));
      context.say(`${run} is deleted`);
      sayWhere(context, dagPage(dag));
    });
}
