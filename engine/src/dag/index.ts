/** The authoring API: what DAG files import. Its names and types are stable (DESIGN 3). */
export { defineDag } from './define-dag.ts';
export {
  asset,
  assets,
  cron,
  dates,
  every,
  once,
  onRecords,
  type Asset,
  type OnRecordsOptions,
  type Schedule,
} from './schedule.ts';
export { topic, type Source, type TopicOptions } from './topic.ts';
export { FailTask, SkipTask } from './task-signal.ts';
export type { Dag } from './dag.ts';
export type { DagBuilder, TaskFunction } from './dag-builder.ts';
export type { DagOptions } from './dag-options.ts';
export type {
  BranchOptions,
  GroupOptions,
  InputOptions,
  SensorOptions,
  SharedTaskOptions,
  TaskOptions,
} from './task-options.ts';
export type { TaskRef } from './task-ref.ts';
export type {
  Approval,
  Callback,
  CallbackContext,
  Deadline,
  Notifier,
  RetryPolicy,
} from './callback.ts';
export { parseDuration, type Duration } from './duration.ts';
export type { ParamsSchema } from './params.ts';
export type { StandardSchema } from './standard-schema.ts';
export type { Json } from '../platform/json.ts';
export type {
  Connection,
  RunContext,
  SourceBatch,
  SourceRange,
  TaskContext,
  TaskIdentity,
  TaskLog,
  TaskSource,
} from './task-context.ts';

// For registration, workers and the test harness; DAG files need none of it.
export { definedAt, findTask, isDag } from './dag.ts';
export { hashDag, serializeDag } from './serialize-dag.ts';
export { invokeTask, taskLost, taskTimedOut, type InvokeOptions } from './invoke-task.ts';
export type { TaskDefinition } from './task-definition.ts';
export type { TaskError, TaskOutcome } from './task-outcome.ts';
export type {
  SerializedDag,
  SerializedSchedule,
  SerializedSource,
  SerializedTask,
  TaskKind,
  TriggerRule,
} from './serialized-dag.ts';
