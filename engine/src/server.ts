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
export { createPool, deletePool, savePool } from './store/pools.ts';
export { notify, NotificationListener, type Notification } from './store/notifications.ts';

export {
  deleteToken,
  findTokenOwner,
  insertToken,
  type NewToken,
  type TokenOwner,
} from './store/access/tokens.ts';
export {
  changeUser,
  createUser,
  deleteUser,
  findUser,
  listUsers,
  upsertUser,
  type ListedUser,
  type Role,
  type UserRow,
} from './store/access/users.ts';
export {
  listChangedRuns,
  listDeltas,
  readFeedStart,
  readNewestDelta,
  type ChangedRun,
  type DeltaRow,
} from './store/reads/change-feed.ts';
export { MOST_COUNTED, type InstantRange, type Order } from './store/reads/conditions.ts';
export {
  DagVersions,
  findDagSource,
  listDagVersions,
  type DagVersion,
  type DagVersionRow,
} from './store/reads/dag-versions.ts';
export {
  listEvents,
  writeEvent,
  type EventFilter,
  type EventRow,
  type NewEvent,
} from './store/reads/event-log.ts';
export { findSchedulerHealth, type SchedulerHealth } from './store/reads/health.ts';
export {
  listDagCards,
  listRecentInputs,
  type DagCard,
  type RecentInput,
} from './store/reads/list-dag-cards.ts';
export {
  findDag,
  listDags,
  listDagTags,
  setDagPaused,
  type DagFilter,
  type DagOrder,
  type DagRow,
} from './store/reads/list-dags.ts';
export { listImportErrors, type ImportErrorRow } from './store/reads/list-import-errors.ts';
export { listPools, type PoolRow } from './store/reads/list-pools.ts';
export {
  findNeighbours,
  findRun,
  listRuns,
  setRunNote,
  type RangeRow,
  type RunFilter,
  type RunOrder,
  type RunRow,
} from './store/reads/list-runs.ts';
export {
  listTaskInstances,
  listTaskInstancesAt,
  listTaskInstancesOfRuns,
  type TaskInstanceFilter,
  type TaskInstanceOfRun,
  type TaskInstanceOrder,
  type TaskInstanceRow,
} from './store/reads/list-task-instances.ts';
export {
  listTries,
  listTriesOfRun,
  type TaskTry,
  type TryOfRun,
} from './store/reads/list-tries.ts';
export { readGrid, type GridRun, type GridWindow } from './store/reads/read-grid.ts';
export { readHome, type HomeCounts } from './store/reads/read-home.ts';
export { findFirstErrorLine, readTaskLog, type TaskLogPage } from './store/reads/read-task-log.ts';
export type { RunColumnsRow } from './store/reads/run-columns.ts';
export { selectTasks, type SelectedTasks } from './store/reads/select-tasks.ts';
export { deleteRun } from './store/rewrite/delete-run.ts';
export {
  nextOfMarkedRun,
  type MarkedRunState,
  type MarkedTaskState,
} from './state/change-tasks.ts';
export type { TaskSelection } from './state/select-tasks.ts';
export { TASK_STATES, type TaskState } from './state/task-state.ts';

export {
  openDatabaseClock,
  startScheduler,
  type Scheduler,
  type SchedulerOptions,
} from './scheduler/start-scheduler.ts';
export type { DagCommands, TriggerRunRequest } from './scheduler/dag-commands.ts';
export {
  createRunCommands,
  type RunCommands,
  type RunCommandsOptions,
} from './scheduler/run-commands.ts';
export { RunRewriter, type RunRewriterOptions } from './scheduler/run-rewriter.ts';
export { COMMAND_ERRORS } from './scheduler/command-errors.ts';
export type { ChangedTasks, TaskCommands } from './scheduler/task-commands.ts';
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
