import type { Command } from 'commander';

import type {
  DagCollection,
  DagDetailsResponse,
  DagResponse,
  ImportErrorCollection,
  ImportErrorResponse,
  NextExecution,
  NextExecutions,
} from '@tidegate/web/contract';

import { EXIT } from '../errors.ts';
import { type Column, formatObject, formatRows } from '../output.ts';
import { dagPage, dagPath } from '../paths.ts';
import { type CommandContext, type OutputOptions, outputOption, sayWhere } from './context.ts';
import { addShow } from './dag-graph.ts';
import { addTrigger } from './trigger.ts';

const DAG_COLUMNS: readonly Column<DagResponse>[] = [
  { heading: 'dag_id', value: (dag) => dag.dag_id },
  { heading: 'schedule', value: (dag) => dag.timetable_summary },
  { heading: 'paused', value: (dag) => dag.is_paused },
  { heading: 'owner', value: (dag) => dag.owners.join(', ') },
  { heading: 'file', value: (dag) => dag.fileloc },
];

const EXECUTION_COLUMNS: readonly Column<NextExecution>[] = [
  { heading: 'run_after', value: (run) => run.run_after },
  { heading: 'data_interval_start', value: (run) => run.data_interval_start },
  { heading: 'data_interval_end', value: (run) => run.data_interval_end },
  { heading: 'run_id', value: (run) => run.run_id },
];

const ERROR_COLUMNS: readonly Column<ImportErrorResponse>[] = [
  { heading: 'file', value: (error) => error.filename },
  { heading: 'line', value: (error) => error.tidegate_line },
  { heading: 'code', value: (error) => error.tidegate_code },
  { heading: 'message', value: (error) => error.tidegate_message },
];

/** `tidegate dags …` */
export function addDagCommands(program: Command, context: CommandContext): void {
  const dags = program.command('dags').alias('dag').description('list, trigger and look ahead');
  addList(dags, context);
  addDetails(dags, context);
  addShow(dags, context);
  addTrigger(dags, context);
  addPause(dags, context);
  addNextExecution(dags, context);
  addImportErrors(dags, context);
}

function addList(dags: Command, { api, print }: CommandContext): void {
  dags
    .command('list')
    .description('all DAGs')
    .option('--tag <tag...>', 'those with one of these tags')
    .option('--paused', 'those that are paused')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidegate dags list\n  $ tidegate dags list -o json | jq .[].dag_id',
    )
    .action(
      async ({ output, tag, paused }: OutputOptions & { tag?: string[]; paused?: boolean }) => {
        const query = { limit: 1_000, tags: tag, paused };
        const { dags: found } = await api().get<DagCollection>('/api/v2/dags', query);
        print(await formatRows(found, DAG_COLUMNS, output));
      },
    );
}

function addDetails(dags: Command, context: CommandContext): void {
  const { api, print } = context;
  dags
    .command('details <dag>')
    .description('all there is to know of a DAG')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate dags details bank_accounts')
    .action(async (dag: string, { output }: OutputOptions) => {
      const details = await api().get<DagDetailsResponse>(`${dagPath(dag)}/details`);
      print(await formatObject({ ...details }, details, output));
      sayWhere(context, dagPage(dag));
    });
}

function addPause(dags: Command, context: CommandContext): void {
  for (const [verb, isPaused] of [['pause', true] as const, ['unpause', false] as const]) {
    dags
      .command(`${verb} <dag>`)
      .description(isPaused ? 'create and start nothing new' : 'go on where it stopped')
      .addHelpText('after', `\nExample:\n  $ tidegate dags ${verb} bank_accounts`)
      .action(async (dag: string) => {
        await context.api().patch(dagPath(dag), { is_paused: isPaused });
        context.say(`${dag} is ${isPaused ? 'paused' : 'active'}`);
        sayWhere(context, dagPage(dag));
      });
  }
}

function addNextExecution(dags: Command, { api, print }: CommandContext): void {
  dags
    .command('next-execution <dag>')
    .description('the runs its timetable asks for next, with their intervals')
    .option('-n, --num-executions <count>', 'how many', '1')
    .option('--after <iso>', 'runs whose run_after is later than this (default: now)')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ tidegate dags next-execution nightly_report -n 5 -o json',
    )
    .action(
      async (dag: string, options: OutputOptions & { numExecutions: string; after?: string }) => {
        const query = { count: options.numExecutions, after: options.after };
        const answer = await api().get<NextExecutions>(`${dagPath(dag)}/nextExecutions`, query);
        print(await formatRows(answer.executions, EXECUTION_COLUMNS, options.output));
      },
    );
}

function addImportErrors(dags: Command, { api, print, say, exit }: CommandContext): void {
  dags
    .command('list-import-errors')
    .description('DAG files that could not be registered; code 6 when there are any')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate dags list-import-errors && git push')
    .action(async ({ output }: OutputOptions) => {
      const path = '/api/v2/importErrors';
      const { import_errors: errors } = await api().get<ImportErrorCollection>(path, {
        limit: 1_000,
      });
      print(await formatRows(errors, ERROR_COLUMNS, output));
      if (output === 'table') {
        for (const error of errors) if (error.tidegate_code_frame) say(error.tidegate_code_frame);
      }
      if (errors.length > 0) exit(EXIT.invalid);
    });
}
