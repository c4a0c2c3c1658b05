import { BugError } from '../../platform/errors.ts';
import type { FlushBatch, FlushWrites } from '../../state/flush-batch.ts';
import type { TaskRef, TimerRow, TryRow } from '../../state/flush-rows.ts';
import { toFlowFacts } from '../memory/flow-facts.ts';
import { MemoryStore } from '../memory/memory-store.ts';
import type {
  ContractJob,
  ContractRun,
  Flushed,
  RunChange,
  Snapshot,
  StoreSetup,
  StoreUnderTest,
} from './store-under-test.ts';

/** The in-memory store behind the contract. */
export class MemoryStoreUnderTest implements StoreUnderTest {
  readonly store: MemoryStore;
  private readonly setup: StoreSetup;

  constructor(setup: StoreSetup) {
    this.setup = setup;
    this.store = new MemoryStore(setup.pools);
  }

  createRun(run: ContractRun): Promise<number> {
    const dag = this.setup.dags[run.dag];
    if (dag === undefined) throw new BugError('no such DAG in the set-up', { dag: run.dag });
    const runKey = this.store.createRun({
      flow: toFlowFacts(dag),
      identity: `${dag.id}/${run.runId}`,
      lane: run.lane,
      scope: scopeOf(run.lane, dag.id),
      maxActiveRuns: dag.maxActiveRuns,
      runAfterMs: run.runAfterMs,
    });
    return Promise.resolve(runKey);
  }

  takeSlots(nowMs: number): Promise<readonly number[]> {
    return Promise.resolve(this.store.takeSlots(nowMs).sort((a, b) => a - b));
  }

  flush(batch: FlushBatch): Promise<Flushed> {
    return Promise.resolve(toFlushed(this.store.flush(batch)));
  }

  start(job: ContractJob): Promise<number | null> {
    return Promise.resolve(this.store.start(job, job)?.token ?? null);
  }

  rewrite(runKey: number, nowMs: number, change: RunChange): Promise<void> {
    this.store.rewrite(runKey, nowMs, change);
    return Promise.resolve();
  }

  listDueTimers(nowMs: number): Promise<readonly TimerRow[]> {
    return Promise.resolve(this.store.listDueTimers(nowMs).sort(byTimer));
  }

  snapshot(): Promise<Snapshot> {
    const { runs, tasks, limits, timers, tries, live } = this.store;
    return Promise.resolve({
      runs: [...runs.values()].map((run) => ({
        runKey: run.runKey,
        state: run.state,
        clearNumber: run.clearNumber,
        leavesLeft: run.leavesLeft,
        failedLeaves: run.failedLeaves,
        failedTasks: run.failedTasks,
        activeTasks: run.activeTasks,
        slot: live.get(run.runKey)?.slot ?? null,
      })),
      tasks: [...tasks.values()].sort(byKey),
      limits: [...limits.values()]
        .map(({ key, used }) => ({ key, used }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
      timers: [...timers.values()].sort(byTimer),
      tries: [...tries.values()].sort(byTry),
    });
  }
}

/** Whose limit of active runs counts a run. */
export function scopeOf(lane: 'live' | 'backfill', dagId: string): string {
  return lane === 'live' ? dagId : `replay:${dagId}`;
}

export function toFlushed(writes: FlushWrites): Flushed {
  return {
    verdicts: writes.verdicts,
    grants: writes.grants.map(({ demand, task }) => [
      demand,
      task.runKey,
      task.ix,
      task.tryNumber,
      task.token,
    ]),
  };
}

function byKey(a: TaskRef, b: TaskRef): number {
  return a.runKey - b.runKey || a.ix - b.ix;
}

function byTimer(a: TimerRow, b: TimerRow): number {
  return byKey(a, b) || (a.kind < b.kind ? -1 : 1);
}

function byTry(a: TryRow, b: TryRow): number {
  return byKey(a, b) || a.tryNumber - b.tryNumber;
}
