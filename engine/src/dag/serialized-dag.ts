import type { Json } from '../platform/json.ts';

/**
 * What a DAG is once its code is out of the way: plain JSON, the only form the scheduler, the API and the
 * console ever see. Equal DAGs serialize to equal text (keys in the order declared here).
 */
export interface SerializedDag {
  readonly formatVersion: 1;
  readonly id: string;
  readonly schedule: SerializedSchedule;
  readonly source: SerializedSource | null;
  /** ISO instants. */
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly catchup: boolean;
  readonly maxActiveRuns: number;
  /** Per run, as Airflow 3. */
  readonly maxActiveTasks: number;
  readonly runTimeoutMs: number | null;
  readonly tags: readonly string[];
  readonly owner: string | null;
  readonly description: string | null;
  readonly docs: string | null;
  /** JSON Schema of `params`, null when the DAG takes none. */
  readonly paramsSchema: { readonly [key: string]: Json } | null;
  /** In topological order; a task's place is its `ix` in the metadata. */
  readonly tasks: readonly SerializedTask[];
}

export type SerializedSchedule =
  | { readonly kind: 'none' }
  | { readonly kind: 'once' }
  | { readonly kind: 'cron'; readonly expression: string; readonly timezone: string }
  | { readonly kind: 'every'; readonly everyMs: number }
  | { readonly kind: 'on_records'; readonly withinMs: number; readonly upTo: number }
  | { readonly kind: 'dates'; readonly dates: readonly string[] };

export interface SerializedSource {
  readonly topic: string;
  /** Most records of one run; the rest becomes further runs at once. */
  readonly maxRecords: number;
  /** Where the first run starts: `earliest`, `latest` or an ISO instant. */
  readonly startAt: string;
  /** Create runs for intervals without records. */
  readonly emptyRuns: boolean;
  /** After a failed range: `block` makes no new live range, `continue` leaves a visible hole. */
  readonly onFailedRange: 'block' | 'continue';
  /** False: the stream keeps no history, so a compacted topic is acceptable. */
  readonly history: boolean;
}

export type TaskKind = 'task' | 'branch' | 'short_circuit' | 'sensor';

/** Airflow's twelve public trigger rules. */
export const TRIGGER_RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'all_done_min_one_success',
  'all_skipped',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'always',
] as const;

export type TriggerRule = (typeof TRIGGER_RULES)[number];

export interface SerializedTask {
  readonly id: string;
  readonly kind: TaskKind;
  /** Group path, outermost first; empty outside groups. */
  readonly group: readonly string[];
  /** Ids of direct upstream tasks, sorted. */
  readonly upstream: readonly string[];
  /** Input name to the upstream task whose output it is. */
  readonly input: { readonly [name: string]: string };
  readonly triggerRule: TriggerRule;
  readonly retries: number;
  readonly retryDelayMs: number;
  readonly retryBackoff: 'constant' | 'exponential';
  readonly maxRetryDelayMs: number | null;
  /** Per try. */
  readonly timeoutMs: number | null;
  readonly pool: string;
  readonly poolSlots: number;
  readonly queue: string;
  readonly priority: number;
  readonly isolation: 'shared' | 'process';
  readonly connections: readonly string[];
  /** Branch: the ids it may choose from. Empty otherwise. */
  readonly to: readonly string[];
  /** Sensor only. */
  readonly sensor: {
    readonly everyMs: number;
    readonly timeoutMs: number | null;
    readonly softFail: boolean;
  } | null;
}
