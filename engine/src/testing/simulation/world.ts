import type { FlushBatch, FlushWrites } from '../../state/flush-batch.ts';
import { placeOf, type TaskRef, type TaskRow } from '../../state/flush-rows.ts';
import { isFinishedRunState } from '../../state/run-state.ts';
import { MemorySessions } from '../../store/memory/memory-sessions.ts';
import type { MemoryJob, MemoryStore } from '../../store/memory/memory-store.ts';
import type { RunChange } from '../../store/contract/store-under-test.ts';
import { brokenInvariants, statesOf } from './check-invariants.ts';
import type { Network } from './network.ts';
import { SimulatedPerson } from './simulated-person.ts';
import { SimulatedScheduler } from './simulated-scheduler.ts';
import { LOADER_IX, type SimulatedStream } from './simulated-stream.ts';
import { type LoadResult, SimulatedTarget } from './simulated-target.ts';
import { SimulatedWorker } from './simulated-worker.ts';

export interface WorldSize {
  readonly schedulers: number;
  readonly workers: number;
  readonly isBullmq: boolean;
  readonly streams: readonly SimulatedStream[];
}

/** Schedulers go by the database's clock, as far as a round trip tells it; workers by any. */
const SCHEDULER_SKEW_MS = 1_000;
const WORKER_SKEW_MS = 2 * 3_600_000;
const APPEND_EVERY_MS = 1_500;

/** The one database, and the processes around it. Checks every invariant after every transaction. */
export class World {
  readonly network: Network;
  readonly store: MemoryStore;
  readonly sessions = new MemorySessions();
  readonly isBullmq: boolean;
  readonly target = new SimulatedTarget();
  readonly streams: readonly SimulatedStream[];
  readonly broken: string[] = [];
  /** Reports taken, to see that none counts twice. */
  readonly taken = new Set<string>();
  /** Runs whose load was reported and accepted. */
  private readonly loaded = new Set<number>();
  flushes = 0;
  /** How often jobs were forgotten: a job of an earlier time is gone. */
  private queueEpoch = 0;
  private readonly schedulers: SimulatedScheduler[];
  private readonly workers: SimulatedWorker[];

  constructor(network: Network, store: MemoryStore, size: WorldSize) {
    this.network = network;
    this.store = store;
    this.isBullmq = size.isBullmq;
    this.streams = size.streams;
    const skew = (most: number): number => network.random.between(-most, most);
    this.schedulers = Array.from(
      { length: size.schedulers },
      () => new SimulatedScheduler(this, skew(SCHEDULER_SKEW_MS)),
    );
    this.workers = Array.from(
      { length: size.workers },
      (_, i) => new SimulatedWorker(this, `worker-${i}`, skew(WORKER_SKEW_MS)),
    );
    this.appendLater();
    new SimulatedPerson(this).actLater();
  }

  isDone(): boolean {
    if (this.broken.length > 0) return true;
    if (!this.network.isCalm()) return false;
    return (
      [...this.store.runs.values()].every((run) => isFinishedRunState(run.state)) &&
      this.streams.every((stream) => stream.isAtRest(this.store))
    );
  }

  /** Makes the runs that are due, each in a transaction that may fail. */
  makeRuns(nowMs: number): void {
    for (const stream of this.streams) {
      if (!this.network.strikes('failBeforeCommit')) stream.makeRun(this.store, nowMs);
    }
  }

  /** A try writes its run's range into the tables; null when it has none to write. */
  load(row: TaskRow): LoadResult | null {
    const stream = this.streams.find((one) => one.rangesOf(row.runKey) !== undefined);
    if (stream === undefined || row.ix !== LOADER_IX) return null;
    const result = this.target.load(row, stream.topic, stream.rangesOf(row.runKey) ?? []);
    const held = this.store.tasks.get(placeOf(row));
    if (result === 'fenced' && held?.state === 'running' && held.token === row.token) {
      this.broken.push(`I10 ${nameOf(row)} holds a token that the target has seen surpassed`);
    }
    return result;
  }

  /** Redis comes back empty. */
  emptyQueue(): void {
    this.queueEpoch += 1;
  }

  /** What no transaction shows: ranges tile the log, and what was loaded well is in the tables. */
  brokenAtTheEnd(): string[] {
    return this.streams.flatMap((stream) => {
      const gaps = stream.gaps().map((gap) => `I15 ranges do not tile ${gap}`);
      const lost = [...this.store.runs.keys()].flatMap((runKey) => {
        if (!this.loaded.has(runKey)) return [];
        const missing = this.target.missing(stream.topic, stream.rangesOf(runKey) ?? []);
        return missing.map((what) => `I16 ${stream.topic} ${what} of run ${runKey} is lost`);
      });
      return [...gaps, ...lost];
    });
  }

  anyScheduler(): SimulatedScheduler {
    const [first, ...others] = this.schedulers;
    if (first === undefined) throw new RangeError('a world has at least one scheduler');
    return this.network.random.pick([first, ...others]);
  }

  flush(batch: FlushBatch): FlushWrites {
    const before = statesOf(this.store);
    const rows = new Map(this.store.tasks);
    const writes = this.store.flush(batch);
    this.flushes += 1;
    this.broken.push(...brokenInvariants(this.store, before));
    this.checkTokens(writes, rows);
    this.checkVerdicts(batch, { writes, rows });
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
    const epoch = this.queueEpoch;
    const offer = (): void => {
      if (epoch !== this.queueEpoch) return;
      const [first, ...others] = this.workers;
      if (first === undefined) return;
      const isTaken = this.network.random
        .pick([first, ...others])
        .take({ runKey, ix, tryNumber, token });
      if (!isTaken) this.network.time.after(50, offer);
    };
    this.network.send(offer);
  }

  /** Records come until things calm down. */
  private appendLater(): void {
    const { network } = this;
    network.time.after(network.random.between(1, 2 * APPEND_EVERY_MS), () => {
      if (network.isCalm()) return;
      for (const stream of this.streams)
        if (network.random.chance(0.5)) stream.append(network.random);
      this.appendLater();
    });
  }

  /** I10: a later grant has the higher token. */
  private checkTokens(writes: FlushWrites, before: ReadonlyMap<number, TaskRow>): void {
    for (const { task } of writes.grants) {
      if (task.token > (before.get(placeOf(task))?.token ?? 0)) continue;
      this.broken.push(`I10 ${nameOf(task)} was granted with an old token`);
    }
  }

  /** I9: a report counts once, a try under one token only; I16: what reports a load well has loaded. */
  private checkVerdicts(
    batch: FlushBatch,
    done: { readonly writes: FlushWrites; readonly rows: ReadonlyMap<number, TaskRow> },
  ): void {
    for (const [place, report] of batch.reports.entries()) {
      if (done.writes.verdicts[place] !== 'accepted') continue;
      const row = done.rows.get(placeOf(report));
      // A sensor that looked before keeps its try when it looks again, or is lost.
      const isResumed = report.outcome.kind === 'rescheduled' || row?.firstStartMs != null;
      const names = [`token ${report.token}`, ...(isResumed ? [] : [`try ${report.tryNumber}`])];
      for (const name of names.map((what) => `${nameOf(report)}, ${what}`)) {
        if (this.taken.has(name)) this.broken.push(`I9 ${name}, counted twice`);
        this.taken.add(name);
      }
      // What was cleared while it ran is over, and starts afresh.
      if (row?.state === 'running' && report.outcome.kind === 'success') this.checkLoad(row);
    }
  }

  private checkLoad(row: TaskRow): void {
    if (row.ix !== LOADER_IX || !this.streams.some((one) => one.rangesOf(row.runKey))) return;
    this.loaded.add(row.runKey);
    if (!this.target.has(row)) this.broken.push(`I16 ${nameOf(row)} succeeded without its load`);
  }
}

function nameOf(ref: TaskRef): string {
  return `task ${ref.ix} of run ${ref.runKey}`;
}
