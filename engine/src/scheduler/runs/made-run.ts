import type { Json } from '../../platform/json.ts';
import type { NewRun } from '../../store/insert-run.ts';
import type { PartitionRange } from '../../store/runs/run-ranges.ts';

/** Who a run is; its ranges come from the stream. */
export interface RunIdentity {
  readonly runId: string;
  readonly runType: NewRun['runType'];
  readonly logicalDate: Date | null;
  readonly intervalStart: Date | null;
  readonly intervalEnd: Date | null;
  readonly runAfter: Date;
  readonly triggeredBy: string;
  readonly triggeringUser: string | null;
  readonly conf: Json;
  readonly note: string | null;
}

/** What came of asking for a run. */
export type MadeRun =
  | {
      readonly kind: 'made';
      readonly runKey: number;
      readonly identity: RunIdentity;
      readonly lane: NewRun['lane'];
      /** It holds its slot already and is to be begun; else it queues. */
      readonly isStarted: boolean;
      readonly records: number;
      /** More was there than one run may take: ask again at once. */
      readonly hasRest: boolean;
      readonly pinned: readonly PartitionRange[];
    }
  /** Made and failed by name at once: the log lost what it should have read. */
  | {
      readonly kind: 'lost';
      readonly runKey: number;
      readonly runId: string;
      readonly code: string;
    }
  /** Made, but waits for its topic to exist. */
  | { readonly kind: 'parked'; readonly runKey: number; readonly runId: string }
  | { readonly kind: 'quiet' }
  | { readonly kind: 'blocked'; readonly byRunKey: number | null }
  /** As many runs are active as the DAG allows. */
  | { readonly kind: 'full' }
  /** Records gather, until `until` at the latest. */
  | { readonly kind: 'gathering'; readonly until: Date }
  /** Not due, paused, gone, or another scheduler is at it. */
  | { readonly kind: 'not_due' }
  /** A run with this id or logical date exists. */
  | { readonly kind: 'exists' }
  /** The DAG has a newer version: plan by that one. */
  | { readonly kind: 'superseded' }
  /** Another scheduler moved the stream meanwhile: look again. */
  | { readonly kind: 'outdated' };
