/** Public surface of `@tidegate/engine/server`: what web, cli and standalone build on. */
import type { SerializedDag } from './dag/serialized-dag.ts';
import { nextExecutions, type ScheduledRun } from './schedule/next-run.ts';

export { Database, type DatabaseOptions, type Sql, type Tx } from './store/db.ts';
export { STORE_ERRORS } from './store/errors.ts';
export { checkSchema, migrate } from './store/migrate.ts';
export { insertRuns, type NewRun } from './store/insert-run.ts';
export { Seal } from './store/sealed.ts';
export {
  findConnection,
  findVariable,
  saveConnection,
  saveVariable,
  type StoredConnection,
} from './store/secrets.ts';
export { savePool } from './store/pools.ts';
export { notify, NotificationListener, type Notification } from './store/notifications.ts';

export {
  findTokenOwner,
  insertToken,
  type NewToken,
  type TokenOwner,
} from './store/access/tokens.ts';
export { findUser, upsertUser, type Role, type UserRow } from './store/access/users.ts';
export { findSchedulerHealth, type SchedulerHealth } from './store/reads/health.ts';
export {
  findDag,
  listDags,
  setDagPaused,
  type DagFilter,
  type DagRow,
} from './store/reads/list-dags.ts';
export {
  findRun,
  listRuns,
  type RangeRow,
  type RunFilter,
  type RunRow,
} from './store/reads/list-runs.ts';
export { listTaskInstances, type TaskInstanceRow } from './store/reads/list-task-instances.ts';
export { listTries, type TaskTry } from './store/reads/list-tries.ts';
export { selectTasks, type SelectedTasks } from './store/reads/select-tasks.ts';
export type { TaskSelection } from './state/select-tasks.ts';
export type { MarkedRunState, MarkedTaskState } from './state/change-tasks.ts';
export { readTaskLog, type TaskLogPage } from './store/reads/read-task-log.ts';

export {
  startScheduler,
  type Scheduler,
  type SchedulerOptions,
  type TriggerRunRequest,
} from './scheduler/start-scheduler.ts';
export {
  createRunCommands,
  type RunCommands,
  type RunCommandsOptions,
} from './scheduler/run-commands.ts';
export { RunRewriter, type RunRewriterOptions } from './scheduler/run-rewriter.ts';
export { RUN_ERRORS } from './scheduler/runs/errors.ts';
export type { PartitionLag, StreamLag } from './scheduler/runs/stream-lag.ts';
export type { TriggeredRun } from './scheduler/runs/trigger-run.ts';
export { EXECUTION_BODY_LIMIT } from './execution/execution-plugin.ts';
export type { BullmqQueueOptions } from './queue/bullmq/bullmq-queue.ts';
export { openBullmqQueue } from './queue/open-bullmq-queue.ts';
export type { TaskQueue } from './queue/task-queue.ts';

/** A run a timetable asks for, instants in milliseconds since the epoch. */
export type NextRun = ScheduledRun;

/** The next `count` runs of a DAG's timetable that are due after `after`. */
export function listNextExecutions(
  dag: Pick<SerializedDag, 'schedule' | 'startDate' | 'endDate'>,
  after: Date,
  count: number,
): readonly NextRun[] {
  return nextExecutions(dag, after.getTime(), count);
}
