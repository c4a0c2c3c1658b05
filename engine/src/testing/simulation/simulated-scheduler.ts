import type { Demand, FlushBatch, FlushWrites, Report } from '../../state/flush-batch.ts';
import { placeOf, type TaskRef, type TaskRow } from '../../state/flush-rows.ts';
import { movesByItself } from '../../state/run-outcome.ts';
import { beginning, repairing, timingOut } from '../../store/contract/run-changes.ts';
import type { World } from './world.ts';

/** A waiting worker: what it asked for and how to answer it. */
export interface Poll {
  readonly demand: Demand;
  readonly untilMs: number;
  readonly answer: (grants: readonly TaskRow[]) => void;
}

interface PendingReport {
  readonly report: Report;
  readonly answer: (verdict: 'accepted' | 'stale') => void;
}

const SWEEP_MS = 2_000;
const RESTART_MS = 3_000;
const MOST_CANDIDATES = 8;
/** A queued job nobody took is sent again. */
const STUCK_QUEUED_MS = 30_000;

/** One scheduler process: collects, flushes, answers after commit, sweeps up what was lost. */
export class SimulatedScheduler {
  private readonly world: World;
  private reports: PendingReport[] = [];
  private polls = new Map<number, Poll>();
  private wakes: TaskRef[] = [];
  private begins: number[] = [];
  private ready = new Map<number, TaskRef>();
  private isFlushDue = false;
  private isDead = false;
  private readonly skewMs: number;

  constructor(world: World, skewMs: number) {
    this.world = world;
    this.skewMs = skewMs;
    this.sweepLater();
  }

  /** By its own clock. */
  now(): number {
    return this.world.network.time.now() + this.skewMs;
  }

  /** Answers a worker's beat: false when its session is over. */
  heartbeat(sessionKey: number, held: ReadonlySet<number>): boolean {
    return this.world.sessions.heartbeat(sessionKey, held, this.now());
  }

  report(report: Report, answer: PendingReport['answer']): void {
    if (this.isDead) return;
    this.reports.push({ report, answer });
    this.flushSoon();
  }

  poll(poll: Poll): void {
    if (this.isDead) return;
    this.polls.set(poll.demand.sessionKey, poll);
    this.flushSoon();
  }

  private sweepLater(): void {
    const { random, time } = this.world.network;
    time.after(SWEEP_MS + random.between(0, 200), () => {
      if (this.world.network.strikes('schedulerDies')) this.die();
      if (this.world.network.strikes('queueEmptied')) this.world.emptyQueue();
      if (!this.isDead) this.sweep();
      this.sweepLater();
    });
  }

  private sweep(): void {
    const { store, sessions } = this.world;
    const now = this.now();
    this.world.makeRuns(now);
    this.beginRuns(store.takeSlots(now));
    this.repairRuns();
    const due = store.listDueTimers(now);
    this.wakes = due.filter((timer) => timer.ix >= 0);
    for (const { runKey, ix } of due) {
      if (ix < 0) this.world.rewrite(runKey, timingOut, 'engine');
    }
    for (const row of store.tasks.values()) {
      if (row.state === 'scheduled') this.ready.set(placeOf(row), row);
      const isAtWork = row.state === 'running' || row.state === 'restarting';
      if (isAtWork && !sessions.hasLease(row, now)) this.reportLost(row, now);
      if (row.state === 'queued' && now - (row.startMs ?? 0) > STUCK_QUEUED_MS) {
        this.world.enqueue(row);
      }
    }
    this.flushSoon();
  }

  /** Fresh runs begin in a flush; those that were cleared have a past and begin as a whole. */
  private beginRuns(runKeys: readonly number[]): void {
    const { store } = this.world;
    const isFresh = (runKey: number): boolean => store.runs.get(runKey)?.clearNumber === 0;
    this.begins = runKeys.filter(isFresh);
    for (const runKey of runKeys) {
      if (!isFresh(runKey)) this.world.rewrite(runKey, beginning, 'engine');
    }
  }

  /** Running runs in which nothing moves by itself any more. */
  private repairRuns(): void {
    const { store } = this.world;
    for (const run of store.runs.values()) {
      if (run.state !== 'running') continue;
      if (store.listTasks(run.runKey).some((row) => movesByItself(row.state))) continue;
      this.world.rewrite(run.runKey, repairing, 'engine');
    }
  }

  private reportLost(row: TaskRow, nowMs: number): void {
    const { runKey, ix, tryNumber, token, startMs } = row;
    const outcome = { kind: 'lost', reason: 'its lease ran out' } as const;
    const report = { runKey, ix, tryNumber, token, outcome, startMs, endMs: nowMs };
    this.reports.push({ report, answer: () => undefined });
  }

  private flushSoon(): void {
    if (this.isFlushDue) return;
    this.isFlushDue = true;
    const { random, time } = this.world.network;
    time.after(random.between(0, 3), () => {
      this.isFlushDue = false;
      if (!this.isDead) this.flush();
    });
  }

  private flush(): void {
    const { network, isBullmq } = this.world;
    if (network.strikes('failBeforeCommit')) {
      this.flushSoon();
      return;
    }
    const nowMs = this.now();
    const polls = [...this.polls.values()].filter((poll) => poll.untilMs > network.time.now());
    const reports = this.reports;
    const batch: FlushBatch = {
      nowMs,
      reports: reports.map(({ report }) => report),
      wakes: this.wakes,
      begins: this.begins,
      demands: isBullmq ? [] : polls.map(({ demand }) => demand),
      candidates: [...this.ready.values()].slice(0, MOST_CANDIDATES),
      queuesRest: isBullmq,
    };
    const writes = this.world.flush(batch);
    if (network.strikes('answerLost')) {
      this.flushSoon();
      return;
    }
    this.forgetInput(batch);
    if (network.strikes('dieAfterCommit')) this.die();
    else this.answer(writes, { reports, polls });
  }

  private forgetInput(batch: FlushBatch): void {
    this.reports = [];
    this.wakes = [];
    this.begins = [];
    for (const ref of batch.candidates) this.ready.delete(placeOf(ref));
  }

  private answer(
    writes: FlushWrites,
    asked: { readonly reports: readonly PendingReport[]; readonly polls: readonly Poll[] },
  ): void {
    for (const [place, { answer }] of asked.reports.entries()) {
      answer(writes.verdicts[place] ?? 'stale');
    }
    for (const [place, poll] of asked.polls.entries()) {
      const grants = writes.grants.filter((grant) => grant.demand === place);
      if (grants.length === 0) continue;
      this.polls.delete(poll.demand.sessionKey);
      poll.answer(grants.map((grant) => grant.task));
    }
    for (const row of writes.queued) this.world.enqueue(row);
    for (const row of writes.ready)
      this.ready.set(placeOf(row), { runKey: row.runKey, ix: row.ix });
  }

  /** Everything in memory is gone; a new process takes its place. */
  private die(): void {
    this.isDead = true;
    this.reports = [];
    this.polls = new Map();
    this.wakes = [];
    this.begins = [];
    this.ready = new Map();
    this.world.network.time.after(RESTART_MS, () => {
      this.isDead = false;
    });
  }
}
