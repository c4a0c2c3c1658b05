import { dagError } from './errors.ts';
import type { SerializedDag } from './serialized-dag.ts';
import type { TaskDefinition } from './task-definition.ts';

declare const paramsType: unique symbol;

/** Known across copies of this module: the one of the product and one a bundle may carry. */
export const dagBrand: unique symbol = Symbol.for('tidegate.dag') as never;

/** What `defineDag` returns and a DAG file exports. */
export interface Dag<Params = unknown> {
  readonly id: string;
  readonly [dagBrand]: DagContent;
  /** Exists in types only. */
  readonly [paramsType]?: Params;
}

export interface DagContent {
  readonly serialized: SerializedDag;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  /** What the DAG asks for and this version does not run. */
  readonly notBuilt: readonly string[];
  /** Why a run without params would be refused, `undefined` when it would not. */
  readonly paramsFault: string | undefined;
  /** Stack of the `defineDag` call. */
  readonly definedAt: string;
}

/** Whether a value exported by a file is a DAG. */
export function isDag(value: unknown): value is Dag {
  return typeof value === 'object' && value !== null && dagBrand in value;
}

/** Stack of the `defineDag` call, to show faults of the whole DAG at its line. */
export function definedAt(dag: Dag): string {
  return dag[dagBrand].definedAt;
}

/** The task of a DAG in a loaded module. Throws `TASK_MISSING`. */
export function findTask(
  module: Readonly<Record<string, unknown>>,
  exportName: string,
  taskId: string,
): TaskDefinition {
  const dag = module[exportName];
  const task = isDag(dag) ? dag[dagBrand].tasks.get(taskId) : undefined;
  if (task !== undefined) return task;
  throw dagError(
    'TASK_MISSING',
    `the bundle's export '${exportName}' has no task '${taskId}'; register the DAG again and clear the run`,
  );
}
