import type { SerializedDag } from '../../dag/serialized-dag.ts';
import type { FlushBatch } from '../../state/flush-batch.ts';
import type { TaskRef, TaskRow, TimerRow, TryRow } from '../../state/flush-rows.ts';
import type { WholeRun } from '../../state/resettle-run.ts';
import type { RunState } from '../../state/run-state.ts';

/** A store of runs as the contract drives it: every call is one transaction. */
export interface StoreUnderTest {
  /** A queued run of the DAG at that place of the set-up. */
  createRun(run: ContractRun): Promise<number>;
  /** Gives due runs their slots; answers queued runs that have one, ascending. */
  takeSlots(nowMs: number): Promise<readonly number[]>;
  flush(batch: FlushBatch): Promise<Flushed>;
  /** BullMQ lane: starts a queued try; its new token, or null when the job is stale. */
  start(job: ContractJob): Promise<number | null>;
  /** Changes one run as a whole. */
  rewrite(runKey: number, nowMs: number, change: RunChange): Promise<void>;
  listDueTimers(nowMs: number): Promise<readonly TimerRow[]>;
  snapshot(): Promise<Snapshot>;
}

export interface StoreSetup {
  readonly dags: readonly SerializedDag[];
  /** Slots by pool. */
  readonly pools: Readonly<Record<string, number>>;
}

export interface ContractRun {
  readonly dag: number;
  readonly runId: string;
  readonly lane: 'live' | 'backfill';
  readonly runAfterMs: number;
}

export interface ContractJob extends TaskRef {
  readonly tryNumber: number;
  readonly token: number;
  readonly sessionKey: number;
  readonly nowMs: number;
}

/** What a person, a timer or the scheduler does to a whole run. */
export type RunChange = (whole: WholeRun) => void;

/** What the caller of a flush learns. */
export interface Flushed {
  readonly verdicts: readonly ('accepted' | 'stale')[];
  /** Task instance, try and token of each grant, and the demand it answers. */
  readonly grants: readonly (readonly [
    demand: number,
    runKey: number,
    ix: number,
    tryNumber: number,
    token: number,
  ])[];
}

/** Everything a store holds about runs, each list in key order. */
export interface Snapshot {
  readonly runs: readonly SnapshotRun[];
  readonly tasks: readonly TaskRow[];
  readonly limits: readonly { readonly key: string; readonly used: number }[];
  readonly timers: readonly TimerRow[];
  readonly tries: readonly TryRow[];
}

export interface SnapshotRun {
  readonly runKey: number;
  readonly state: RunState;
  readonly clearNumber: number;
  readonly leavesLeft: number;
  readonly failedLeaves: number;
  readonly failedTasks: number;
  readonly activeTasks: number;
  /** Its slot of the scope's limit; null while it waits and after its end. */
  readonly slot: number | null;
}
