import type { Command } from 'commander';

import type { DagDetailsResponse, DagRunResponse } from '@tidegate/web/contract';

import { CliError, EXIT } from '../errors.ts';
import { followRun } from '../follow-run.ts';
import { formatObject } from '../output.ts';
import { parseConf, parseParams } from '../params.ts';
import { dagPath, runPage } from '../paths.ts';
import { type CommandContext, type OutputOptions, outputOption, sayWhere } from './context.ts';
import { runFields } from './run-fields.ts';

interface TriggerOptions extends OutputOptions, WaitOptions {
  readonly conf?: string;
  readonly param?: readonly string[];
  readonly runId?: string;
  readonly logicalDate?: string;
  readonly note?: string;
  readonly from?: string;
  readonly to?: string;
}

export interface WaitOptions {
  readonly wait?: boolean;
  readonly follow?: boolean;
  readonly timeout?: string;
}

/** `tidegate dags trigger` */
export function addTrigger(dags: Command, context: CommandContext): void {
  const collect = (one: string, all: readonly string[] = []) => [...all, one];
  dags
    .command('trigger <dag>')
    .description(
      'create a run now: the next range of the log, or a replay of what --from and --to name',
    )
    .option('-c, --conf <json>', 'params of the run, as one JSON object')
    .option('-p, --param <name=value>', 'one param; may be given again', collect)
    .option('--run-id <id>', 'name of the run (asking twice creates one)')
    .option('--logical-date <iso>', 'logical date of the run')
    .option('--note <text>', 'kept with the run')
    .option('--from <iso>', 'replay: records from this instant on')
    .option('--to <iso>', 'replay: records before this instant')
    .option('-w, --wait', 'until the run has ended: code 0, or 10 when it failed')
    .option('-f, --follow', 'as --wait, and tell each change of a state')
    .option('--timeout <duration>', 'wait no longer than this (5m): code 124, the run goes on')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidegate dags trigger bank_accounts --follow --timeout 5m' +
        '\n  $ tidegate dags trigger report -p day=2026-11-21 --wait' +
        '\n  $ tidegate dags trigger bank_accounts --from 2026-11-21T00:00:00Z --to 2026-11-21T06:00:00Z',
    )
    .action(async (dag: string, options: TriggerOptions) => {
      await triggerRun(context, dag, options);
    });
}

async function triggerRun(
  context: CommandContext,
  dag: string,
  options: TriggerOptions,
): Promise<void> {
  const { api, print, exit } = context;
  const timeoutMs = await readTimeout(options.timeout);
  const created = await api().post<DagRunResponse>(`${dagPath(dag)}/dagRuns`, {
    dag_run_id: options.runId,
    logical_date: options.logicalDate ?? null,
    conf: { ...parseConf(options.conf), ...(await readParams(context, dag, options.param)) },
    note: options.note,
    tidegate_from: options.from,
    tidegate_to: options.to,
  });
  let run = created;
  if (options.wait === true || options.follow === true) {
    const ended = await followRun(context, created, { isTold: options.follow === true, timeoutMs });
    run = ended.run;
    exit(ended.exitCode);
  }
  print(await formatObject(runFields(run), run, options.output));
  sayWhere(context, runPage(dag, run.dag_run_id));
}

async function readParams(
  { api }: CommandContext,
  dag: string,
  given: readonly string[] | undefined,
): Promise<Record<string, unknown>> {
  if (given === undefined) return {};
  const details = await api().get<DagDetailsResponse>(`${dagPath(dag)}/details`);
  return parseParams(given, details.tidegate_params_schema);
}

/** `--timeout` in ms. Its reader is loaded only where one is given: other commands start without it. */
export async function readTimeout(text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { parseDuration } = await import('@tidegate/engine/dag');
  try {
    return parseDuration(text, '--timeout');
  } catch (cause) {
    throw new CliError(EXIT.usage, '--timeout takes a duration such as 30s, 5m or 1h', { cause });
  }
}
