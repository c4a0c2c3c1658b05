import type { Command } from 'commander';

import type { HealthResponse, VersionResponse } from '@tidegate/web/contract';

import { readHome } from '../config.ts';
import { CliError, EXIT } from '../errors.ts';
import { formatObject } from '../output.ts';
import { type CommandContext, type OutputOptions, outputOption } from './context.ts';

/** `tidegate health`, `tidegate jobs check` and `tidegate config show` */
export function addHealthCommands(program: Command, context: CommandContext): void {
  program
    .command('health [service]')
    .description('of the whole, as the API tells it, or of a service of this TIDEGATE_HOME')
    .addOption(outputOption())
    .addHelpText('after', '\nExamples:\n  $ tidegate health\n  $ tidegate health worker')
    .action((service: string | undefined, options: OutputOptions) =>
      service === undefined ? checkAll(context, options) : checkService(context, service),
    );
  program
    .command('jobs')
    .description('the parts that run')
    .command('check')
    .description('code 0 when metadata database and scheduler are healthy, else 1')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate jobs check')
    .action((options: OutputOptions) => checkAll(context, options));
  addConfig(program, context);
}

async function checkAll({ api, print, exit }: CommandContext, { output }: OutputOptions) {
  const health = await api().get<HealthResponse>('/api/v2/monitor/health');
  const { metadatabase, scheduler } = health;
  const shown = {
    metadatabase: metadatabase.status,
    scheduler: scheduler.status,
    latest_scheduler_heartbeat: scheduler.latest_scheduler_heartbeat,
  };
  print(await formatObject(shown, health, output));
  const isWell = metadatabase.status === 'healthy' && scheduler.status === 'healthy';
  if (!isWell) exit(EXIT.unexpected);
}

async function checkService({ say }: CommandContext, service: string): Promise<void> {
  const { findHealthFault } = await import('../service/health-file.ts');
  const fault = findHealthFault(readHome(), service);
  if (fault !== undefined) throw new CliError(EXIT.unexpected, fault);
  say(`the ${service} is well`);
}

function addConfig(program: Command, { api, print }: CommandContext): void {
  program
    .command('config')
    .description('what this command line works with')
    .command('show')
    .description('the API it calls, and where that is known from; never the token')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate config show -o json')
    .action(async ({ output }: OutputOptions) => {
      const { version } = await api().get<VersionResponse>('/api/v2/version');
      const shown = { api_url: api().consoleUrl(''), home: readHome(), server_version: version };
      print(await formatObject(shown, shown, output));
    });
}
