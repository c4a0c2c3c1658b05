import type { FlushBatch, Report } from '../../state/flush-batch.ts';
import type { TaskRow } from '../../state/flush-rows.ts';
import { movesByItself } from '../../state/run-outcome.ts';
import { isActiveTaskState, isFinishedTaskState } from '../../state/task-state.ts';
import { randomOutcome } from '../../testing/simulation/random-outcome.ts';
import type { Random } from '../../testing/simulation/random.ts';
import type { MemoryStore } from '../memory/memory-store.ts';
import {
  beginning,
  clearing,
  markingRun,
  markingTasks,
  repairing,
  timingOut,
} from './run-changes.ts';
import type { ContractJob, ContractRun, RunChange } from './store-under-test.ts';

/** One call of the store. */
export type Command =
  | { readonly kind: 'create'; readonly run: ContractRun }
  | { readonly kind: 'take_slots'; readonly nowMs: number }
  | { readonly kind: 'flush'; readonly batch: FlushBatch }
  | { readonly kind: 'start'; readonly job: ContractJob }
  | {
      readonly kind: 'rewrite';
      /** What is done, for the name of a failure. */
      readonly what: string;
      readonly runKey: number;
      readonly nowMs: number;
      readonly change: RunChange;
    };

const SESSION_KEYS = [1, 2, 3] as const;
const MOST_RUNS = 6;

/**
 * Draws commands that make sense in the store's present state, and some that do not: reports with an old
 * token or twice, wakes too early, candidates that are not ready.
 */
export class RandomCommands {
  private readonly random: Random;
  private readonly store: MemoryStore;
  private readonly dags: number;
  private nowMs = Date.UTC(2026, 0, 1);
  private created = 0;

  constructor(random: Random, store: MemoryStore, dags: number) {
    this.random = random;
    this.store = store;
    this.dags = dags;
  }

  next(): Command {
    const { random } = this;
    this.nowMs += random.between(0, 3_000);
    const dice = random.next();
    if (this.created < MOST_RUNS && dice < 0.15) return { kind: 'create', run: this.newRun() };
    if (dice < 0.3) return { kind: 'take_slots', nowMs: this.nowMs };
    if (dice < 0.4) return this.startJob() ?? this.nextFlush();
    if (dice < 0.55) return this.change() ?? this.nextFlush();
    return this.nextFlush();
  }

  private nextFlush(): Command {
    return { kind: 'flush', batch: this.batch() };
  }

  /** Brings what is there to its end: everything is granted, reported, woken. */
  finish(): Command[] {
    this.nowMs += 60_000;
    const rows = [...this.store.tasks.values()];
    const isAtWork = (row: TaskRow): boolean => isActiveTaskState(row.state);
    return [
      { kind: 'take_slots', nowMs: this.nowMs },
      ...this.unbegun()
        .filter((runKey) => !this.isFresh(runKey))
        .map((runKey) => this.rewrite('begin', runKey, beginning)),
      ...this.stuck().map((runKey) => this.rewrite('repair', runKey, repairing)),
      {
        kind: 'flush',
        batch: {
          nowMs: this.nowMs,
          reports: rows.filter(isAtWork).map((row) => this.report(row)),
          wakes: this.store.listDueTimers(this.nowMs).filter((timer) => timer.ix >= 0),
          begins: this.unbegun().filter((runKey) => this.isFresh(runKey)),
          demands: [{ sessionKey: 1, queues: new Set(['default', 'heavy']), slots: 50 }],
          candidates: rows.filter((row) => row.state === 'scheduled'),
          queuesRest: false,
        },
      },
    ];
  }

  private rewrite(what: string, runKey: number, change: RunChange): Command {
    return { kind: 'rewrite', what, runKey, nowMs: this.nowMs, change };
  }

  /** Runs that were cleared begin as a whole; a flush begins only fresh ones. */
  private isFresh(runKey: number): boolean {
    return this.store.runs.get(runKey)?.clearNumber === 0;
  }

  /** What the sweep repairs: tasks marked before their run began leave nobody to ask their downstreams. */
  private stuck(): number[] {
    return [...this.store.runs.values()]
      .filter((run) => run.state === 'running')
      .map(({ runKey }) => runKey)
      .filter((runKey) => this.store.listTasks(runKey).every((row) => !movesByItself(row.state)));
  }

  private startJob(): Command | null {
    const queued = [...this.store.tasks.values()].filter((row) => row.state === 'queued');
    const row = queued[this.random.between(0, Math.max(0, queued.length - 1))];
    if (row === undefined) return null;
    const token = this.random.chance(0.8) ? row.token : row.token - 1;
    const { runKey, ix, tryNumber } = row;
    const job = { runKey, ix, tryNumber, token, sessionKey: 1, nowMs: this.nowMs };
    return { kind: 'start', job };
  }

  /** Something a person, a timer or the sweep does to a run. */
  private change(): Command | null {
    const { random } = this;
    const runKeys = [...this.store.runs.keys()];
    const runKey = runKeys[random.between(0, Math.max(0, runKeys.length - 1))];
    if (runKey === undefined) return null;
    const isBeginning = this.unbegun().includes(runKey) && !this.isFresh(runKey);
    if (isBeginning) return this.rewrite('begin', runKey, beginning);
    const places = random.some([...this.store.factsOf(runKey).flow.tasks.keys()], 0.3);
    const dice = random.next();
    if (dice < 0.5) return this.rewrite(`clear ${places.join()}`, runKey, clearing(places));
    if (dice < 0.7) {
      const state = random.pick(['success', 'failed', 'skipped'] as const);
      return this.rewrite(`mark ${places.join()} ${state}`, runKey, markingTasks(places, state));
    }
    if (dice < 0.8) {
      const state = random.pick(['queued', 'success', 'failed'] as const);
      return this.rewrite(`mark run ${state}`, runKey, markingRun(state));
    }
    if (dice < 0.9) return this.rewrite('time out', runKey, timingOut);
    return this.rewrite('repair', runKey, repairing);
  }

  private newRun(): ContractRun {
    this.created += 1;
    return {
      dag: this.random.between(0, this.dags - 1),
      runId: `manual__${this.created}`,
      lane: this.random.chance(0.7) ? 'live' : 'backfill',
      runAfterMs: this.nowMs + this.random.between(0, 5_000),
    };
  }

  private batch(): FlushBatch {
    const { random } = this;
    const rows = [...this.store.tasks.values()];
    const ready = rows.filter((row) => row.state === 'scheduled');
    const others = rows.filter((row) => row.state !== 'scheduled');
    const timers = [...this.store.timers.values()].filter((timer) => timer.ix >= 0);
    return {
      nowMs: this.nowMs,
      reports: this.reports(rows),
      wakes: random.some(timers, 0.5),
      begins: random.some(
        this.unbegun().filter((runKey) => this.isFresh(runKey)),
        0.7,
      ),
      demands: random.some(SESSION_KEYS, 0.5).map((sessionKey) => ({
        sessionKey,
        queues: new Set(random.chance(0.7) ? ['default', 'heavy'] : ['default']),
        slots: random.between(1, 4),
      })),
      candidates: [...random.some(ready, 0.6), ...random.some(others, 0.05)],
      queuesRest: random.chance(0.1),
    };
  }

  private reports(rows: readonly TaskRow[]): Report[] {
    const { random } = this;
    const atWork = rows.filter((row) => isActiveTaskState(row.state));
    const reports = random.some(atWork, 0.5).map((row) => this.report(row));
    const ended = rows.filter((row) => isFinishedTaskState(row.state) && row.token > 0);
    const repeated = random.some(ended, 0.05).map((row) => this.report(row));
    const old = random.some(atWork, 0.1).map((row) => ({
      ...this.report(row),
      ...(random.chance(0.5) ? { token: row.token - 1 } : { tryNumber: row.tryNumber - 1 }),
    }));
    return [...reports, ...random.some(reports, 0.1), ...repeated, ...old];
  }

  /** Only a started try can end well; one still queued can only be lost. */
  private report(row: TaskRow): Report {
    const task = this.store.factsOf(row.runKey).flow.tasks[row.ix];
    const outcome =
      row.state === 'queued'
        ? ({ kind: 'lost', reason: 'nobody took it' } as const)
        : randomOutcome(this.random, task);
    const { runKey, ix, tryNumber, token, startMs } = row;
    return { runKey, ix, tryNumber, token, outcome, startMs, endMs: this.nowMs };
  }

  private unbegun(): number[] {
    return [...this.store.live]
      .filter(([runKey, live]) => {
        return live.slot !== null && this.store.runs.get(runKey)?.state === 'queued';
      })
      .map(([runKey]) => runKey);
  }
}
