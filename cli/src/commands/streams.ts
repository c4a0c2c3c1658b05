import { setTimeout as delay } from 'node:timers/promises';

import type { Command } from 'commander';

import type { StreamCollection, StreamResponse } from '@tidegate/web/contract';

import { EXIT } from '../errors.ts';
import { onInterrupt } from '../follow-run.ts';
import { type Column, formatRows } from '../output.ts';
import { type CommandContext, type OutputOptions, outputOption, sayWhere } from './context.ts';

const COLUMNS: readonly Column<StreamResponse>[] = [
  { heading: 'dag_id', value: (stream) => stream.dag_id },
  { heading: 'topic', value: (stream) => stream.topic },
  { heading: 'records_behind', value: (stream) => stream.records_behind },
  { heading: 'seconds_behind', value: (stream) => stream.seconds_behind },
  { heading: 'partitions', value: (stream) => stream.partitions.length },
  { heading: 'paused', value: (stream) => stream.is_paused },
  { heading: 'topic_exists', value: (stream) => stream.topic_exists },
];

const WATCH_MS = 1_000;

interface LagOptions extends OutputOptions {
  readonly watch?: boolean;
}

/** `tidegate streams …` */
export function addStreamCommands(program: Command, context: CommandContext): void {
  const { api, print, exit } = context;
  program
    .command('streams')
    .alias('stream')
    .description('topics and how far their loads are')
    .command('lag')
    .description('how far each stream is behind, in records and seconds')
    .option('-w, --watch', 'every second, until ctrl-C')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidegate streams lag -o json\n  $ tidegate streams lag -w',
    )
    .action(async ({ output, watch }: LagOptions) => {
      const interrupted = onInterrupt();
      do {
        const { streams } = await api().get<StreamCollection>('/api/v2/streams');
        print(await formatRows(streams, COLUMNS, output));
        if (watch !== true) break;
        await delay(WATCH_MS, undefined, { signal: interrupted.signal }).catch(() => undefined);
      } while (!interrupted.signal.aborted);
      if (interrupted.signal.aborted) exit(EXIT.interrupted);
      interrupted.close();
      sayWhere(context, '/streams');
    });
}
