import type { Clock } from '../platform/clock.ts';
import {
  clearTasks,
  markRunTasks,
  markTasks,
  timeOutTasks,
  type MarkedRunState,
  type MarkedTaskState,
} from '../state/change-tasks.ts';
import type { WholeRun } from '../state/resettle-run.ts';
import { isFinishedRunState } from '../state/run-state.ts';
import type { Database } from '../store/db.ts';
import { RunInfoCache } from '../store/flush/run-info.ts';
import { notify } from '../store/notifications.ts';
import { rewriteRun, type RunChange, type Rewritten } from '../store/rewrite/rewrite-run.ts';

export interface RunRewriterOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Told after the commit; an API process has nothing to tell and leaves it out. */
  readonly onRewritten?: (done: Rewritten) => void;
}

/** Which task instances of a run, looked at under its locks. It may throw to leave the run as it is. */
export type PickPlaces = (whole: WholeRun) => readonly number[];

/** Changes runs as a whole: clear, mark, time out, repair. Any process may; schedulers hear of it. */
export class RunRewriter {
  private readonly options: RunRewriterOptions;
  private readonly cache: RunInfoCache;

  constructor(options: RunRewriterOptions) {
    this.options = options;
    this.cache = new RunInfoCache(options.database);
    options.database.timeline.onChanged(() => this.cache.forgetAll());
  }

  /** Starts a run that got its slot and has a past: what it finished stays finished. */
  async begin(runKey: number): Promise<void> {
    await this.rewrite(runKey, ({ run }) => {
      if (run.state === 'queued') run.state = 'running';
    });
  }

  /** Clears task instances; a finished run is queued again. */
  async clear(runKey: number, places: readonly number[]): Promise<Rewritten> {
    return this.rewrite(runKey, (whole) => clear(whole, places));
  }

  /** Clears what `pick` finds under the run's locks, which may differ from what a look before saw; answers it. */
  async clearPicked(runKey: number, pick: PickPlaces): Promise<readonly number[]> {
    return this.changePicked(runKey, pick, clear);
  }

  /** Marks task instances; a finished run is queued again when that revives tasks. */
  async markTasks(
    runKey: number,
    places: readonly number[],
    state: MarkedTaskState,
  ): Promise<Rewritten> {
    return this.rewrite(runKey, (whole) => mark(whole, places, state));
  }

  /** Marks what `pick` finds under the run's locks; answers it. */
  async markPicked(
    runKey: number,
    pick: PickPlaces,
    state: MarkedTaskState,
  ): Promise<readonly number[]> {
    return this.changePicked(runKey, pick, (whole, places) => mark(whole, places, state));
  }

  /**
   * Success and failure end the tasks that are left as well; queued is the state only. `check` looks at the run
   * under its locks and may throw to leave it as it is.
   */
  async markRun(
    runKey: number,
    state: MarkedRunState,
    check: (whole: WholeRun) => void = () => undefined,
  ): Promise<Rewritten> {
    return this.rewrite(
      runKey,
      (whole) => {
        check(whole);
        if (state !== 'queued') markRunTasks(whole, state);
        whole.run.state = state;
      },
      'marked',
    );
  }

  async timeOut(runKey: number): Promise<void> {
    await this.rewrite(
      runKey,
      (whole) => {
        if (whole.run.state !== 'running') return;
        timeOutTasks(whole);
        whole.run.state = 'failed';
      },
      'run_timeout',
    );
  }

  /** Rebuilds every counter from the states and goes on from there. */
  async repair(runKey: number): Promise<void> {
    await this.rewrite(runKey, () => undefined);
  }

  private async changePicked(
    runKey: number,
    pick: PickPlaces,
    change: (whole: WholeRun, places: readonly number[]) => void,
  ): Promise<readonly number[]> {
    let picked: readonly number[] = [];
    await this.rewrite(runKey, (whole) => {
      picked = pick(whole);
      if (picked.length > 0) change(whole, picked);
    });
    return picked;
  }

  private async rewrite(runKey: number, change: RunChange, reason?: string): Promise<Rewritten> {
    const { database, clock, onRewritten } = this.options;
    const done = await rewriteRun(database, this.cache, {
      runKey,
      nowMs: clock.now(),
      change,
      ...(reason === undefined ? {} : { reason }),
    });
    if (onRewritten !== undefined) onRewritten(done);
    else await notify(database, { kind: 'runs' });
    if (onRewritten === undefined && done.ready.length > 0) {
      await notify(database, { kind: 'ready', runKeys: [runKey] });
    }
    return done;
  }
}

function clear(whole: WholeRun, places: readonly number[]): void {
  clearTasks(whole, places);
  if (isFinishedRunState(whole.run.state)) whole.run.state = 'queued';
}

function mark(whole: WholeRun, places: readonly number[], state: MarkedTaskState): void {
  markTasks(whole, places, state);
  const isRevived = whole.rows.some((row) => row.state === 'none');
  if (isRevived && isFinishedRunState(whole.run.state)) whole.run.state = 'queued';
}
