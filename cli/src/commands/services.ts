import type { Command } from 'commander';

import type { ExitCode } from '../errors.ts';
import type { CommandContext } from './context.ts';

const VARIABLES = '\n\nEvery variable: docs/configuration.md';

/**
 * Verbs that run a part of the product. Their code is loaded only when they are called: the other commands
 * start without it.
 */
export function addServiceCommands(program: Command, context: CommandContext): void {
  addScheduler(program);
  addApi(program);
  addWorker(program);
  addCapture(program);
  addDagProcessor(program);
  addDatabase(program, context);
}

function addScheduler(program: Command): void {
  program
    .command('scheduler')
    .description('one scheduler, with the execution API for workers; any number may run')
    .addHelpText(
      'after',
      '\nExample:\n  $ export TIDEGATE_DATABASE_URL=postgres://tidegate:…@db:5432/tidegate' +
        '\n  $ export TIDEGATE_KAFKA_BROKERS=kafka:9092 TIDEGATE_REDIS_URL=redis://redis:6379' +
        '\n  $ export TIDEGATE_SECRET_KEYS=… TIDEGATE_WORKER_TOKEN=…' +
        '\n  $ tidegate db migrate && TIDEGATE_EXECUTION_PORT=8081 tidegate scheduler' +
        VARIABLES,
    )
    .action(async () => {
      const { runService } = await import('../service/run-service.ts');
      const { startSchedulerService } = await import('../service/scheduler.ts');
      await runService('scheduler', startSchedulerService);
    });
}

function addApi(program: Command): void {
  program
    .command('api')
    .description('API and console')
    .option(
      '--listen <address>',
      'where to listen when it is not TIDEGATE_HOST: in a container whose port is published there',
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ export TIDEGATE_DATABASE_URL=postgres://tidegate:…@db:5432/tidegate' +
        '\n  $ TIDEGATE_KAFKA_BROKERS=kafka:9092 TIDEGATE_PORT=8080 tidegate api' +
        VARIABLES,
    )
    .action(async ({ listen }: { listen?: string }) => {
      const { runService } = await import('../service/run-service.ts');
      const { startApiService } = await import('../service/api.ts');
      await runService('api', startApiService(listen));
    });
}

function addWorker(program: Command): void {
  program
    .command('worker')
    .description('one worker; any number may run, each in a TIDEGATE_HOME of its own')
    .addHelpText(
      'after',
      '\nExample:\n  $ export TIDEGATE_EXECUTION_URL=http://scheduler:8081 TIDEGATE_WORKER_TOKEN=…' +
        '\n  $ export TIDEGATE_KAFKA_BROKERS=kafka:9092 TIDEGATE_REDIS_URL=redis://redis:6379' +
        '\n  $ TIDEGATE_HOME=/var/lib/tidegate/worker-1 tidegate worker' +
        VARIABLES,
    )
    .action(async () => {
      const { runService } = await import('../service/run-service.ts');
      const { startWorkerService } = await import('../service/worker.ts');
      await runService('worker', startWorkerService);
    });
}

function addCapture(program: Command): void {
  program
    .command('capture')
    .description('reads the source’s binlog into Kafka; a second one takes over from the first')
    .addHelpText(
      'after',
      '\nExample:\n  $ export TIDEGATE_CONN_BANKDB=mysql://debezium:dbz@mysql:3306/bankdb' +
        '\n  $ TIDEGATE_KAFKA_BROKERS=kafka:9092 tidegate capture' +
        VARIABLES,
    )
    .action(async () => {
      const { runService } = await import('../service/run-service.ts');
      const { startCaptureService } = await import('../service/capture.ts');
      await runService('capture', startCaptureService);
    });
}

function addDagProcessor(program: Command): void {
  program
    .command('dag-processor')
    .description('registers the DAG files of TIDEGATE_DAGS_FOLDER, and again whenever they change')
    .addHelpText(
      'after',
      '\nExample:\n  $ export TIDEGATE_EXECUTION_URL=http://scheduler:8081 TIDEGATE_WORKER_TOKEN=…' +
        '\n  $ TIDEGATE_DAGS_FOLDER=./my-dags tidegate dag-processor' +
        VARIABLES,
    )
    .action(async () => {
      const { runService } = await import('../service/run-service.ts');
      const { startDagProcessorService } = await import('../service/dag-processor.ts');
      await runService('dag-processor', startDagProcessorService);
    });
}

function addDatabase(program: Command, { print, say, exit }: CommandContext): void {
  const db = program.command('db').description('the metadata database');
  const run = async (
    verb: (talk: Pick<CommandContext, 'print' | 'say'>) => Promise<ExitCode>,
  ): Promise<void> => exit(await verb({ print, say }));
  db.command('migrate')
    .description('bring its schema to this release; forward only, safe when several do it at once')
    .addHelpText(
      'after',
      '\nExample:\n  $ TIDEGATE_DATABASE_URL=postgres://tidegate:…@db:5432/tidegate tidegate db migrate',
    )
    .action(async () => run((await import('../service/database.ts')).migrateDatabase));
  db.command('check')
    .description('code 0 when it is reachable and this release can run on it')
    .addHelpText('after', '\nExample:\n  $ tidegate db check && tidegate scheduler')
    .action(async () => run((await import('../service/database.ts')).checkDatabase));
}
