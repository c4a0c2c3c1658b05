import type { ParseParams } from './params.ts';
import type { SerializedTask, TaskKind } from './serialized-dag.ts';
import type { TaskContext } from './task-context.ts';

/** A task with its code: what a worker finds in a loaded bundle and `invokeTask` runs. */
export interface TaskDefinition {
  readonly id: string;
  readonly kind: TaskKind;
  /** Groups the task is in, each followed by a dot; empty outside groups. */
  readonly prefix: string;
  readonly run: (context: TaskContext) => unknown;
  readonly to: readonly string[];
  readonly sensor: SerializedTask['sensor'];
  /** Null: the DAG takes no params. */
  readonly parseParams: ParseParams | null;
}
