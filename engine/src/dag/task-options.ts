import type { Approval, Callback, RetryPolicy } from './callback.ts';
import type { Duration } from './duration.ts';
import type { Asset } from './schedule.ts';
import type { TriggerRule } from './serialized-dag.ts';
import type { ExpandInputs, InputRefs, None, TaskRef } from './task-ref.ts';

/** What tasks have in common and a DAG can give `defaults` for. */
export interface SharedTaskOptions {
  /** Further tries after the first one fails. (Default: 0) */
  readonly retries?: number;
  /** Wait before a retry. (Default: '30s') */
  readonly retryDelay?: Duration;
  /** `exponential` doubles the wait at each retry. (Default: constant) */
  readonly retryBackoff?: 'constant' | 'exponential';
  /** Longest wait before a retry. (Default: none) */
  readonly maxRetryDelay?: Duration;
  /** Longest time of one try. (Default: none) */
  readonly timeout?: Duration;
  /** Whose slots a running task takes. (Default: default_pool) */
  readonly pool?: string;
  /** (Default: 1) */
  readonly poolSlots?: number;
  /** Which workers run it. (Default: default) */
  readonly queue?: string;
  /** Higher first among tasks that could run. (Default: 1) */
  readonly priority?: number;
  /** `process`: a process of its own instead of a shared one. (Default: shared) */
  readonly isolation?: 'shared' | 'process';
  /** Ids of the connections the task may use. */
  readonly connections?: readonly string[];
  /** Wait until the task succeeded in the previous run. */
  readonly dependsOnPast?: boolean;
  /** Wait until the task's direct downstream tasks are done in the previous run. */
  readonly waitForDownstream?: boolean;
  /** Most running instances of the task, over all runs. */
  readonly maxActive?: number;
  /** Most running instances of the task in one run (mapped tasks). */
  readonly maxActivePerRun?: number;
  /** Most running instances that share a key, over all DAGs. */
  readonly limits?: readonly { readonly key: string; readonly max: number }[];
  readonly retryPolicy?: RetryPolicy;
  readonly onStart?: readonly Callback[];
  readonly onSuccess?: readonly Callback[];
  readonly onFailure?: readonly Callback[];
  readonly onRetry?: readonly Callback[];
  readonly onSkipped?: readonly Callback[];
}

export type Dependencies = TaskRef | readonly TaskRef[];

/** Order-only edges. */
export interface OrderOptions {
  /** Runs after these. */
  readonly after?: Dependencies;
  /** Runs before these. */
  readonly before?: Dependencies;
}

export interface InputOptions<Inputs extends InputRefs, Rule extends TriggerRule>
  extends SharedTaskOptions, OrderOptions {
  /** Upstream tasks whose outputs the task gets, by name. */
  readonly input?: Inputs;
  /** When the task may start, given how its upstream tasks ended. (Default: all_success) */
  readonly triggerRule?: Rule;
  /** Runs only in the latest run of the schedule. */
  readonly latestOnly?: boolean;
  /** Assets this task renews when it succeeds. */
  readonly produces?: readonly (Asset | string)[];
  readonly approval?: Approval;
}

export interface TaskOptions<
  Inputs extends InputRefs = None,
  Expand extends ExpandInputs = None,
  Rule extends TriggerRule = 'all_success',
> extends InputOptions<Inputs, Rule> {
  /** One instance for each element; several inputs give their cross product. */
  readonly expand?: Expand;
  /** The task prepares something for the tasks after it. */
  readonly setup?: boolean;
  /** The task puts away what these set up, also after failures. */
  readonly teardown?: Dependencies;
}

export interface BranchOptions<
  Inputs extends InputRefs,
  To extends readonly TaskRef[],
  Rule extends TriggerRule,
> extends InputOptions<Inputs, Rule> {
  /** The tasks to choose from; they run after the branch. */
  readonly to: To;
}

export interface SensorOptions<Inputs extends InputRefs, Rule extends TriggerRule> extends Omit<
  InputOptions<Inputs, Rule>,
  'timeout'
> {
  /** How often to look; the slot is free in between. (Default: '30s') */
  readonly every?: Duration;
  /** How long to go on looking, from the first look of a try on. (Default: no end) */
  readonly timeout?: Duration;
  /** Skip instead of fail when the time is over or the task gives up. (Default: false) */
  readonly softFail?: boolean;
  /** Wait outside of any worker. */
  readonly deferrable?: boolean;
}

export interface GroupOptions<Expand extends ExpandInputs = None> {
  /** One copy of the group for each element. */
  readonly expand?: Expand;
}
