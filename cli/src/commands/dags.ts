import type { Command } from 'commander';

import type {
  DagCollection,
  DagResponse,
  DagRunResponse,
  NextExecution,
  NextExecutions,
} from '@tidegate/web/contract';

import { CliError, EXIT } from '../errors.ts';
import { type Column, formatObject, formatRows } from '../output.ts';
import { type CommandContext, type OutputOptions, outputOption } from './context.ts';
import { runFields } from './runs.ts';

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

interface TriggerOptions extends OutputOptions {
  readonly conf?: string;
  readonly runId?: string;
  readonly logicalDate?: string;
  readonly from?: string;
  readonly to?: string;
}

/** `tidegate dags …` */
export function addDagCommands(program: Command, context: CommandContext): void {
  const dags = program.command('dags').description('list, trigger and look ahead');
  addList(dags, context);
  addTrigger(dags, context);
  addNextExecution(dags, context);
  for (const [verb, isPaused] of [['pause', true] as const, ['unpause', false] as const]) {
    dags
      .command(`${verb} <dag>`)
      .description(isPaused ? 'create and start nothing new' : 'go on where it stopped')
      .action(async (dag: string) => {
        await context.api().patch(dagPath(dag), { is_paused: isPaused });
        context.say(`${dag} is ${isPaused ? 'paused' : 'active'}`);
      });
  }
}

function addList(dags: Command, { api, print }: CommandContext): void {
  dags
    .command('list')
    .description('all DAGs')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidegate dags list\n  $ tidegate dags list -o json | jq .[].dag_id',
    )
    .action(async ({ output }: OutputOptions) => {
      const answer = await api().get<DagCollection>('/api/v2/dags', { limit: 1_000 });
      print(formatRows(answer.dags, DAG_COLUMNS, output));
    });
}

function addTrigger(dags: Command, { api, print }: CommandContext): void {
  dags
    .command('trigger <dag>')
    .description(
      'create a run now: the next range of the log, or a replay of what --from and --to name',
    )
    .option('-c, --conf <json>', 'params of the run')
    .option('--run-id <id>', 'name of the run (asking twice creates one)')
    .option('--logical-date <iso>', 'logical date of the run')
    .option('--from <iso>', 'replay: records from this instant on')
    .option('--to <iso>', 'replay: records before this instant')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidegate dags trigger bank_accounts' +
        '\n  $ tidegate dags trigger report -c \'{"day":"2026-11-21"}\'' +
        '\n  $ tidegate dags trigger bank_accounts --from 2026-11-21T00:00:00Z --to 2026-11-21T06:00:00Z',
    )
    .action(async (dag: string, options: TriggerOptions) => {
      const run = await api().post<DagRunResponse>(`${dagPath(dag)}/dagRuns`, {
        dag_run_id: options.runId,
        logical_date: options.logicalDate ?? null,
        conf: parseConf(options.conf),
        tidegate_from: options.from,
        tidegate_to: options.to,
      });
      print(formatObject(runFields(run), run, options.output));
    });
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
        print(formatRows(answer.executions, EXECUTION_COLUMNS, options.output));
      },
    );
}

/** The API path of a DAG. */
export function dagPath(dag: string): string {
  return `/api/v2/dags/${encodeURIComponent(dag)}`;
}

function parseConf(text: string | undefined): unknown {
  if (text === undefined) return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError(
      EXIT.usage,
      '--conf is not valid JSON, for example \'{"day":"2026-11-21"}\'',
      { cause },
    );
  }
}
