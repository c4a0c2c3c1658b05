import type { Command } from 'commander';

import type { LogMessage, TaskInstanceCollection, TaskLogResponse } from '@tidegate/web/contract';

import { CliError, EXIT } from '../errors.ts';
import type { CommandContext } from './context.ts';

interface LogOptions {
  readonly try?: string;
  readonly output: string;
}

/** `tidegate tasks …` */
export function addTaskCommands(program: Command, { api, print }: CommandContext): void {
  const tasks = program.command('tasks').description('task instances and their logs');
  tasks
    .command('logs <dag> <run> <task>')
    .description("a try's log, to its end")
    .option('--try <number>', 'which try (default: the latest)')
    .option('-o, --output <format>', 'plain or json (a line each)', 'plain')
    .addHelpText(
      'after',
      '\nExample:\n  $ tidegate tasks logs bank_accounts manual__2026-11-21T10:00:00+00:00 load',
    )
    .action(async (...given: [dag: string, run: string, task: string, options: LogOptions]) => {
      const [dag, run, task, options] = given;
      const base = `/api/v2/dags/${encodeURIComponent(dag)}/dagRuns/${encodeURIComponent(run)}/taskInstances`;
      const tryNumber = options.try ?? (await latestTry(base, task));
      const path = `${base}/${encodeURIComponent(task)}/logs/${tryNumber}`;
      let token: string | undefined;
      for (;;) {
        const page = await api().get<TaskLogResponse>(path, { token });
        for (const line of page.content)
          print(options.output === 'json' ? JSON.stringify(line) : toText(line));
        if (page.content.length === 0 || page.continuation_token === null) return;
        token = page.continuation_token;
      }
    });

  async function latestTry(base: string, task: string): Promise<number> {
    const { task_instances: instances } = await api().get<TaskInstanceCollection>(base);
    const instance = instances.find((one) => one.task_id === task);
    if (instance !== undefined) return instance.try_number;
    const names = instances.map((one) => one.task_id).join(', ');
    throw new CliError(EXIT.notFound, `the run has no task '${task}'; it has ${names}`);
  }
}

function toText({ timestamp, level, event, fields }: LogMessage): string {
  const rest = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
  return `${timestamp} ${level.toUpperCase().padEnd(5)} ${event}${rest}`;
}
