import { setTimeout as delay } from 'node:timers/promises';

import { type Command, Option } from 'commander';

import type { LogMessage, TaskInstanceResponse, TaskLogResponse } from '@tidegate/web/contract';

import type { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../errors.ts';
import { onInterrupt } from '../follow-run.ts';
import { runPage, runPath, taskPath, type TaskOfRun } from '../paths.ts';
import { listTaskInstances } from '../task-instances.ts';
import { type CommandContext, sayWhere } from './context.ts';

const LOOK_MS = 500;

interface LogOptions {
  readonly try?: string;
  readonly mapIndex: string;
  readonly follow?: boolean;
  readonly output: 'plain' | 'json';
}

/** `tidegate tasks logs` */
export function addLogs(tasks: Command, context: CommandContext): void {
  tasks
    .command('logs <dag> <run> <task>')
    .description("a try's log, to its end")
    .option('--try <number>', 'which try (default: the latest)')
    .option('--map-index <number>', 'which of a mapped task', '-1')
    .option('-f, --follow', 'lines as they come, until the try has ended')
    .addOption(
      new Option('-o, --output <format>', 'plain text, or JSON, a line each')
        .choices(['plain', 'json'])
        .default('plain'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidegate tasks logs bank_accounts manual__2026-11-21T10:00:00+00:00 load' +
        '\n  $ tidegate tasks logs bank_accounts by-hand load -f',
    )
    .action(async (...given: [dag: string, run: string, task: string, options: LogOptions]) => {
      const [dag, run, task, options] = given;
      await printLog(context, { dag, run, task }, options);
      sayWhere(context, runPage(dag, run));
    });
}

async function printLog(
  context: CommandContext,
  place: TaskOfRun,
  options: LogOptions,
): Promise<void> {
  const { api, print, say } = context;
  const tryNumber = options.try ?? (await latestTry(context, place, options));
  const path = `${taskPath(place)}/logs/${tryNumber}`;
  const interrupted = onInterrupt();
  let token: string | undefined;
  let isEmpty = true;
  for (;;) {
    const query = { token, map_index: options.mapIndex };
    const page = await api().get<TaskLogResponse>(path, query);
    for (const line of page.content)
      print(options.output === 'json' ? JSON.stringify(line) : toText(line));
    isEmpty &&= page.content.length === 0;
    if (page.continuation_token === null) break;
    token = page.continuation_token;
    if (page.content.length > 0) continue;
    if (options.follow !== true) break;
    if (interrupted.signal.aborted) throw new CliError(EXIT.interrupted, 'the task goes on');
    await delay(LOOK_MS, undefined, { signal: interrupted.signal }).catch(() => undefined);
  }
  interrupted.close();
  if (isEmpty) say('this try has logged nothing');
}

/** With `--follow` a try that has not begun is waited for. */
async function latestTry(
  { api }: CommandContext,
  { dag, run, task }: TaskOfRun,
  { follow, mapIndex }: LogOptions,
): Promise<number> {
  for (;;) {
    const instance = await getTask(api(), { dag, run, task });
    if (String(instance.map_index) !== mapIndex)
      throw new CliError(EXIT.usage, `'${task}' is not mapped: leave out --map-index`);
    if (instance.try_number > 0) return instance.try_number;
    if (follow !== true) throw new CliError(EXIT.notFound, `'${task}' has not begun in this run`);
    await delay(LOOK_MS);
  }
}

/** By its key: a run may have thousands of others, which are only read to name them. */
async function getTask(
  api: ApiClient,
  { dag, run, task }: TaskOfRun,
): Promise<TaskInstanceResponse> {
  try {
    return await api.get<TaskInstanceResponse>(taskPath({ dag, run, task }));
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== EXIT.notFound) throw error;
    const all = await listTaskInstances(api, runPath(dag, run));
    const names = [...new Set(all.map((one) => one.task_id))].join(', ');
    throw new CliError(EXIT.notFound, `the run has no task '${task}'; it has ${names}`);
  }
}

function toText({ timestamp, level, event, fields }: LogMessage): string {
  const rest = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
  return `${timestamp} ${level.toUpperCase().padEnd(5)} ${event}${rest}`;
}
