import type { Command } from 'commander';

import type {
  DagRunCollection,
  DagRunResponse,
  RunRange,
  TaskInstanceCollection,
  TaskInstanceResponse,
} from '@tidegate/web/contract';

import { type Column, formatObject, formatRows } from '../output.ts';
import { type CommandContext, type OutputOptions, outputOption } from './context.ts';

const RUN_COLUMNS: readonly Column<DagRunResponse>[] = [
  { heading: 'dag_id', value: (run) => run.dag_id },
  { heading: 'run_id', value: (run) => run.dag_run_id },
  { heading: 'state', value: (run) => run.state },
  { heading: 'start', value: (run) => run.start_date },
  { heading: 'seconds', value: (run) => run.duration },
  { heading: 'records', value: (run) => run.tidegate_records },
  { heading: 'ranges', value: (run) => run.tidegate_ranges.map(toRangeText).join(' ') },
  { heading: 'waiting_for', value: (run) => run.tidegate_waiting_for ?? run.tidegate_reason },
];

const TASK_COLUMNS: readonly Column<TaskInstanceResponse>[] = [
  { heading: 'task_id', value: (task) => task.task_id },
  { heading: 'state', value: (task) => task.state },
  { heading: 'try', value: (task) => task.try_number },
  { heading: 'start', value: (task) => task.start_date },
  { heading: 'seconds', value: (task) => task.duration },
];

/** `tidegate runs …` */
export function addRunCommands(program: Command, { api, print }: CommandContext): void {
  const runs = program.command('runs').description('runs of DAGs and the ranges they loaded');
  runs
    .command('list [dag]')
    .description('newest first, of one DAG or of all')
    .option('--state <state>', 'queued, running, success or failed')
    .option('-n, --limit <count>', 'how many', '20')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidegate runs list\n  $ tidegate runs list bank_accounts --state failed',
    )
    .action(
      async (
        dag: string | undefined,
        options: OutputOptions & { state?: string; limit: string },
      ) => {
        const path = `/api/v2/dags/${encodeURIComponent(dag ?? '~')}/dagRuns`;
        const answer = await api().get<DagRunCollection>(path, {
          state: options.state,
          limit: options.limit,
        });
        print(formatRows(answer.dag_runs, RUN_COLUMNS, options.output));
      },
    );
  runs
    .command('show <dag> <run>')
    .description('one run and its tasks')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ tidegate runs show bank_accounts manual__2026-11-21T10:00:00+00:00',
    )
    .action(async (dag: string, run: string, { output }: OutputOptions) => {
      const path = `/api/v2/dags/${encodeURIComponent(dag)}/dagRuns/${encodeURIComponent(run)}`;
      const shown = await api().get<DagRunResponse>(path);
      const { task_instances: tasks } = await api().get<TaskInstanceCollection>(
        `${path}/taskInstances`,
      );
      print(formatObject(runFields(shown), { ...shown, task_instances: tasks }, output));
      if (output === 'table') print(`\n${formatRows(tasks, TASK_COLUMNS, 'table')}`);
    });
}

/** What a person wants to know of a run. */
export function runFields(run: DagRunResponse): Readonly<Record<string, unknown>> {
  return {
    dag_id: run.dag_id,
    run_id: run.dag_run_id,
    state: run.state,
    lane: run.tidegate_lane,
    data_interval: `${run.data_interval_start ?? ''} … ${run.data_interval_end ?? ''}`,
    ranges: run.tidegate_ranges.map(toRangeText).join(' '),
    started: run.start_date,
    seconds: run.duration,
    waiting_for: run.tidegate_waiting_for,
    reason: run.tidegate_reason,
    note: run.note,
  };
}

/** `topic/0[10,25)` */
function toRangeText({ topic, partition, from, to }: RunRange): string {
  return `${topic}/${partition}[${from},${to})`;
}
