import type { Command } from 'commander';

import type { StreamCollection, StreamResponse } from '@tidegate/web/contract';

import { type Column, formatRows } from '../output.ts';
import { type CommandContext, type OutputOptions, outputOption } from './context.ts';

const COLUMNS: readonly Column<StreamResponse>[] = [
  { heading: 'dag_id', value: (stream) => stream.dag_id },
  { heading: 'topic', value: (stream) => stream.topic },
  { heading: 'records_behind', value: (stream) => stream.records_behind },
  { heading: 'seconds_behind', value: (stream) => stream.seconds_behind },
  { heading: 'partitions', value: (stream) => stream.partitions.length },
  { heading: 'paused', value: (stream) => stream.is_paused },
  { heading: 'topic_exists', value: (stream) => stream.topic_exists },
];

/** `tidegate streams …` */
export function addStreamCommands(program: Command, { api, print }: CommandContext): void {
  program
    .command('streams')
    .description('topics and how far their loads are')
    .command('lag')
    .description('how far each stream is behind, in records and seconds')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  $ tidegate streams lag -o json')
    .action(async ({ output }: OutputOptions) => {
      const { streams } = await api().get<StreamCollection>('/api/v2/streams');
      print(formatRows(streams, COLUMNS, output));
    });
}
