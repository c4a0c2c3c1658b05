import type { Command } from 'commander';

import type { PoolCollection, PoolResponse } from '@tidegate/web/contract';

import { CliError, EXIT } from '../errors.ts';
import { type Column, formatObject, formatRows } from '../output.ts';
import { type CommandContext, confirmChange, type OutputOptions, outputOption } from './context.ts';

const COLUMNS: readonly Column<PoolResponse>[] = [
  { heading: 'name', value: (pool) => pool.name },
  { heading: 'slots', value: (pool) => pool.slots },
  { heading: 'running', value: (pool) => pool.running_slots },
  { heading: 'queued', value: (pool) => pool.queued_slots },
  { heading: 'open', value: (pool) => pool.open_slots },
  { heading: 'description', value: (pool) => pool.description },
];

const POOLS = '/api/v2/pools';
const pathOf = (name: string) => `${POOLS}/${encodeURIComponent(name)}`;

/** `tidegate pools …` */
export function addPoolCommands(program: Command, context: CommandContext): void {
  const { api, print, say } = context;
  const pools = program.command('pools').alias('pool').description('limits tasks share');
  pools
    .command('list')
    .description('all pools and what of them is taken')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate pools list')
    .action(async ({ output }: OutputOptions) => {
      const answer = await api().get<PoolCollection>(POOLS, { limit: 1_000 });
      print(await formatRows(answer.pools, COLUMNS, output));
    });
  pools
    .command('get <name>')
    .description('one pool')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate pools get dw')
    .action(async (name: string, { output }: OutputOptions) => {
      const pool = await api().get<PoolResponse>(pathOf(name));
      print(await formatObject({ ...pool }, pool, output));
    });
  addSet(pools, context);
  pools
    .command('delete <name>')
    .description('its tasks wait until it is there again')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ tidegate pools delete dw -y')
    .action(async (name: string, { yes }: { yes?: boolean }) => {
      await confirmChange(context, `Delete pool ${name}?`, yes);
      await api().delete(pathOf(name));
      say(`pool ${name} is deleted`);
    });
}

function addSet(pools: Command, { api, print }: CommandContext): void {
  pools
    .command('set <name> <slots>')
    .description('make a pool, or change the one there is')
    .option('-d, --description <text>', 'what it is for')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate pools set dw 4 -d "the warehouse bears four"')
    .action(
      async (name: string, slots: string, options: OutputOptions & { description?: string }) => {
        const body = { slots: Number(slots), description: options.description };
        const pool = await api()
          .patch<PoolResponse>(pathOf(name), body)
          .catch((error: unknown) => {
            if (!(error instanceof CliError) || error.exitCode !== EXIT.notFound) throw error;
            return api().post<PoolResponse>(POOLS, { name, ...body });
          });
        print(await formatObject({ ...pool }, pool, options.output));
      },
    );
}
