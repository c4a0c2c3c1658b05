import type { FlushBatch, Report } from '../../state/flush-batch.ts';
import type { TaskRow } from '../../state/flush-rows.ts';
import { isActiveTaskState, isFinishedTaskState } from '../../state/task-state.ts';
import { randomOutcome } from '../../testing/simulation/random-outcome.ts';
import type { Random } from '../../testing/simulation/random.ts';
import type { MemoryStore } from '../memory/memory-store.ts';
import type { ContractRun } from './store-under-test.ts';

/** One call of the store. */
export type Command =
  | { readonly kind: 'create'; readonly run: ContractRun }
  | { readonly kind: 'take_slots'; readonly nowMs: number }
  | { readonly kind: 'flush'; readonly batch: FlushBatch };

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
    return { kind: 'flush', batch: this.batch() };
  }

  /** Brings what is there to its end: everything is granted, reported, woken. */
  finish(): Command[] {
    this.nowMs += 60_000;
    const rows = [...this.store.tasks.values()];
    const isAtWork = (row: TaskRow): boolean => isActiveTaskState(row.state);
    return [
      { kind: 'take_slots', nowMs: this.nowMs },
      {
        kind: 'flush',
        batch: {
          nowMs: this.nowMs,
          reports: rows.filter(isAtWork).map((row) => this.report(row)),
          wakes: this.store.listDueTimers(this.nowMs).filter((timer) => timer.ix >= 0),
          begins: this.unbegun(),
          demands: [{ sessionKey: 1, queues: new Set(['default', 'heavy']), slots: 50 }],
          candidates: rows.filter((row) => row.state === 'scheduled'),
          queuesRest: false,
        },
      },
    ];
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
      begins: random.some(this.unbegun(), 0.7),
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
