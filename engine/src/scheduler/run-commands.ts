import { systemClock, type Clock } from '../platform/clock.ts';
import type { Database } from '../store/db.ts';
import type { TopicLog } from '../topic-log/topic-log.ts';
import { createDagCommands, type DagCommands } from './dag-commands.ts';
import { RunRewriter } from './run-rewriter.ts';
import { createRunMaker } from './runs/run-maker.ts';
import { createTaskCommands, type TaskCommands } from './task-commands.ts';

/** What a process without a scheduler may ask for: it writes the rows, and those with a scheduler are told. */
export interface RunCommands extends DagCommands, TaskCommands {}

export interface RunCommandsOptions {
  readonly database: Database;
  readonly topicLog: TopicLog;
  /** What runs, clears and marks are dated by: the schedulers go by the database's. (Default: this machine's) */
  readonly clock?: Clock;
}

/** The commands of the HTTP API, on a database whose schedulers run elsewhere. */
export function createRunCommands({
  database,
  topicLog,
  clock = systemClock,
}: RunCommandsOptions): RunCommands {
  const maker = createRunMaker({ database, topicLog, clock });
  const rewriter = new RunRewriter({ database, clock });
  return {
    ...createTaskCommands(database, rewriter),
    ...createDagCommands({ database, topicLog, clock, maker }),
  };
}
