import type { ChangedRun, DagVersion, DeltaRow } from '@tidegate/engine/server';

import { STATE_CODES } from '../../contract/index.ts';
import type { UiChanges } from '../../contract/index.ts';

/** What a batch of deltas touched: the last word on each task instance counts. */
export interface Touched {
  readonly runKeys: ReadonlySet<number>;
  /** By run, by place: state and try. */
  readonly tasks: ReadonlyMap<number, ReadonlyMap<number, readonly [state: string, tries: number]>>;
  readonly taskCount: number;
}

interface Delta {
  readonly tasks: readonly [runKey: number, ix: number, state: string, tryNumber: number][];
  readonly runs: readonly number[];
}

export function toTouched(rows: readonly DeltaRow[]): Touched {
  const runKeys = new Set<number>();
  const tasks = new Map<number, Map<number, readonly [string, number]>>();
  let taskCount = 0;
  for (const row of rows) {
    const delta = JSON.parse(row.changes) as Delta;
    for (const key of delta.runs) runKeys.add(key);
    for (const [runKey, ix, state, tryNumber] of delta.tasks) {
      runKeys.add(runKey);
      const ofRun = tasks.get(runKey) ?? new Map<number, readonly [string, number]>();
      ofRun.set(ix, [state, tryNumber]);
      tasks.set(runKey, ofRun);
      taskCount += 1;
    }
  }
  return { runKeys, tasks, taskCount };
}

const CODES: Readonly<Record<string, string>> = STATE_CODES;

/** Runs as they are now, with what changed of their tasks. */
export function toChanges(
  runs: readonly ChangedRun[],
  touched: Touched,
  versions: ReadonlyMap<number, DagVersion>,
): UiChanges {
  return {
    runs: runs.map((run) => {
      const tasks = versions.get(run.version_key)?.serialized.tasks;
      const changed = [...(touched.tasks.get(run.run_key) ?? [])];
      return {
        dag_id: run.dag_id,
        dag_run_id: run.run_id,
        state: run.state,
        run_after: run.run_after.getTime(),
        start: run.start_at?.getTime() ?? null,
        end: run.end_at?.getTime() ?? null,
        failed_tasks: run.failed_tasks,
        tasks: changed.map(([ix, [state, tries]]) => [
          tasks?.[ix]?.id ?? '',
          CODES[state] ?? ' ',
          tries,
        ]),
      };
    }),
  };
}

/** An event's changes of some DAGs only; undefined when there are none. */
export function ofDags(changes: UiChanges, dagIds: ReadonlySet<string>): UiChanges | undefined {
  const runs = changes.runs.filter((run) => dagIds.has(run.dag_id));
  return runs.length === 0 ? undefined : { runs };
}
