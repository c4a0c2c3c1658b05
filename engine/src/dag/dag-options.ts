import type { Callback, Deadline } from './callback.ts';
import type { Duration } from './duration.ts';
import type { ParamsSchema } from './params.ts';
import type { Schedule } from './schedule.ts';
import type { SharedTaskOptions } from './task-options.ts';
import type { Source } from './topic.ts';

/** Everything about a DAG but its tasks. */
export interface DagOptions<Params extends ParamsSchema | undefined = undefined> {
  /** Letters, digits, `_`, `.`, `-`; at most 250. */
  readonly id: string;
  /** When runs begin; null: only by hand or over the API. (Default: null) */
  readonly schedule?: Schedule | null;
  /** Live runs get ranges of this topic. */
  readonly source?: Source;
  /** No interval begins before this instant. */
  readonly startDate?: string;
  /** No interval begins after this instant. */
  readonly endDate?: string;
  /** Also create the runs of intervals that passed since `startDate`. (Default: false) */
  readonly catchup?: boolean;
  /** (Default: 1 with a `source`, else 16) */
  readonly maxActiveRuns?: number;
  /** Running tasks of one run. (Default: 16) */
  readonly maxActiveTasks?: number;
  /** A run that takes longer fails. (Default: none) */
  readonly runTimeout?: Duration;
  readonly tags?: readonly string[];
  readonly owner?: string;
  /** One line. */
  readonly description?: string;
  /** Markdown, shown in the console. */
  readonly docs?: string;
  /** A Standard Schema or JSON Schema of an object: typed in tasks, a form in the console, flags in the CLI. */
  readonly params?: Params;
  /** Options of every task that does not set its own. */
  readonly defaults?: SharedTaskOptions;
  readonly deadline?: Deadline;
  readonly onSuccess?: readonly Callback[];
  readonly onFailure?: readonly Callback[];
}
