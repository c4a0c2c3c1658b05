import {
  type DagVersions,
  listChangedRuns,
  listDeltas,
  readFeedStart,
  readNewestDelta,
  type Sql,
} from '@tidegate/engine/server';

import type { UiChanges } from '../../contract/index.ts';
import { DeltaCursor } from './delta-cursor.ts';
import { toChanges, toTouched } from './to-changes.ts';

/** What one look found; `everything`: too much to list, or what happened is not known. */
export type Look =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'changes'; readonly changes: UiChanges }
  | { readonly kind: 'everything' };

const MOST_DELTAS = 500;
const MOST_RUNS = 1_000;
const MOST_TASKS = 5_000;
/** New runs are seen before anything happens to them; more at once are seen when they start. */
const MOST_NEW_RUNS = 200;

/** Reads what flushes changed since the last look. */
export class ChangeReader {
  readonly #sql: Sql;
  readonly #versions: DagVersions;
  #at: { readonly cursor: DeltaCursor; runKey: number } | null = null;

  constructor(sql: Sql, versions: DagVersions) {
    this.#sql = sql;
    this.#versions = versions;
  }

  /** Begins with what happened in the last `backMs` milliseconds; what lies before is not told. */
  async start(backMs: number): Promise<void> {
    const { deltaKey, runKey } = await readFeedStart(this.#sql, backMs);
    this.#at = { cursor: new DeltaCursor(deltaKey), runKey };
  }

  stop(): void {
    this.#at = null;
  }

  async look(nowMs: number): Promise<Look> {
    if (this.#at === null || (await this.#isBehindReset())) {
      await this.start(0);
      return { kind: 'everything' };
    }
    const at = this.#at;
    const rows = await listDeltas(this.#sql, at.cursor.after, {
      holes: at.cursor.holes,
      limit: MOST_DELTAS,
    });
    at.cursor.moveOver(rows, nowMs);
    const touched = toTouched(rows);
    if (touched.runKeys.size > MOST_RUNS || touched.taskCount > MOST_TASKS) {
      return { kind: 'everything' };
    }
    const runs = await listChangedRuns(this.#sql, [...touched.runKeys], {
      after: at.runKey,
      limit: MOST_NEW_RUNS,
    });
    at.runKey = runs.reduce((most, run) => Math.max(most, run.run_key), at.runKey);
    // A run that was touched and is not there any more was deleted.
    const found = new Set(runs.map((run) => run.run_key));
    if ([...touched.runKeys].some((key) => !found.has(key))) return { kind: 'everything' };
    if (runs.length === 0) return { kind: 'nothing' };
    const versions = await this.#versions.load(runs.map((run) => run.version_key));
    return { kind: 'changes', changes: toChanges(runs, touched, versions) };
  }

  /** The table is unlogged: a crash of the server empties it and its keys begin again. */
  async #isBehindReset(): Promise<boolean> {
    const newest = await readNewestDelta(this.#sql);
    return this.#at !== null && newest < this.#at.cursor.after;
  }
}
