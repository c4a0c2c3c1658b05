import type { FlushBatch, FlushWrites } from '../../state/flush-batch.ts';
import { placeOf, type TaskRow } from '../../state/flush-rows.ts';
import { isFinishedRunState } from '../../state/run-state.ts';
import { MemorySessions } from '../../store/memory/memory-sessions.ts';
import type { MemoryJob, MemoryStore } from '../../store/memory/memory-store.ts';
import type { RunChange } from '../../store/contract/store-under-test.ts';
import { brokenInvariants, statesOf } from './check-invariants.ts';
import type { Network } from './network.ts';
import { SimulatedPerson } from './simulated-person.ts';
import { SimulatedScheduler } from './simulated-scheduler.ts';
import { SimulatedWorker } from './simulated-worker.ts';

export interface WorldSize {
  readonly schedulers: number;
  readonly workers: number;
  readonly isBullmq: boolean;
}

/** The one database, and the processes around it. Checks every invariant after every transaction. */
export class World {
  readonly network: Network;
  readonly store: MemoryStore;
  readonly sessions = new MemorySessions();
  readonly isBullmq: boolean;
  readonly broken: string[] = [];
  /** Reports taken, to see that none counts twice. */
  readonly taken = new Set<string>();
  flushes = 0;
  private readonly schedulers: SimulatedScheduler[];
  private readonly workers: SimulatedWorker[];

  constructor(network: Network, store: MemoryStore, size: WorldSize) {
    this.network = network;
    this.store = store;
    this.isBullmq = size.isBullmq;
    this.schedulers = Array.from({ length: size.schedulers }, () => new SimulatedScheduler(this));
    this.workers = Array.from(
      { length: size.workers },
      (_, i) => new SimulatedWorker(this, `worker-${i}`),
    );
    new SimulatedPerson(this).actLater();
  }

  isDone(): boolean {
    if (this.broken.length > 0) return true;
    return [...this.store.runs.values()].every((run) => isFinishedRunState(run.state));
  }

  anyScheduler(): SimulatedScheduler {
    const [first, ...others] = this.schedulers;
    if (first === undefined) throw new RangeError('a world has at least one scheduler');
    return this.network.random.pick([first, ...others]);
  }

  flush(batch: FlushBatch): FlushWrites {
    const before = statesOf(this.store);
    const tokens = new Map([...this.store.tasks].map(([place, row]) => [place, row.token]));
    const writes = this.store.flush(batch);
    this.flushes += 1;
    this.broken.push(...brokenInvariants(this.store, before));
    this.checkTokens(writes, tokens);
    this.checkVerdicts(batch, writes);
    return writes;
  }

  rewrite(runKey: number, change: RunChange, by: 'engine' | 'person'): void {
    const before = statesOf(this.store);
    this.store.rewrite(runKey, this.network.time.now(), change);
    this.broken.push(...brokenInvariants(this.store, before, by === 'person'));
  }

  start(job: MemoryJob, worker: { sessionKey: number; nowMs: number }): TaskRow | null {
    const before = statesOf(this.store);
    const row = this.store.start(job, worker);
    this.broken.push(...brokenInvariants(this.store, before));
    return row;
  }

  /** The queue in Redis: loses, doubles and delays jobs, gives each to a worker with a free slot. */
  enqueue(row: TaskRow): void {
    const { runKey, ix, tryNumber, token } = row;
    const offer = (): void => {
      const [first, ...others] = this.workers;
      if (first === undefined) return;
      const isTaken = this.network.random
        .pick([first, ...others])
        .take({ runKey, ix, tryNumber, token });
      if (!isTaken) this.network.time.after(50, offer);
    };
    this.network.send(offer);
  }

  /** I10: a later grant has the higher token. */
  private checkTokens(writes: FlushWrites, before: ReadonlyMap<number, number>): void {
    for (const { task } of writes.grants) {
      if (task.token > (before.get(placeOf(task)) ?? 0)) continue;
      this.broken.push(`I10 task ${task.ix} of run ${task.runKey} was granted with an old token`);
    }
  }

  /** I9: a report counts once. */
  private checkVerdicts(batch: FlushBatch, writes: FlushWrites): void {
    for (const [place, report] of batch.reports.entries()) {
      if (writes.verdicts[place] !== 'accepted') continue;
      const name = `${report.runKey}/${report.ix}/${report.token}`;
      if (this.taken.has(name)) this.broken.push(`I9 a report of ${name} counted twice`);
      this.taken.add(name);
    }
  }
}
