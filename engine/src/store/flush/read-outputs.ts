import type { FlushWrites } from '../../state/flush-batch.ts';
import { placeOf, type TaskRef, type TaskRow } from '../../state/flush-rows.ts';
import { plainColumn } from './array-literal.ts';
import type { Rows, Statement } from './flush-connection.ts';
import type { RunInfo } from './run-info.ts';

/** JSON text of outputs by `placeOf`. */
export type Outputs = ReadonlyMap<number, string>;

/**
 * The output of an upstream is that of its current try: after a clear an older one must never reach a
 * downstream. Read under the run's lock, which a clear takes too.
 */
export const READ_OUTPUTS: Statement = {
  name: 'read_outputs',
  text: `
select task.run_key, task.ix, try.output
  from unnest($1::bigint[], $2::int[]) as wanted (run_key, ix)
  join tidegate.task_instance as task
    on task.run_key = wanted.run_key and task.ix = wanted.ix
  join tidegate.task_try as try
    on try.run_key = task.run_key and try.ix = task.ix and try.try_number = task.try_number
 where coalesce(task.state, '') = 'success'`,
};

/** Outputs this very flush brings: a chain never reads one back. */
export function outputsOfFlush(writes: FlushWrites): Map<number, string> {
  const outputs = new Map<number, string>();
  for (const row of writes.tries) {
    if (row.state === 'success' && row.output !== null) outputs.set(placeOf(row), row.output);
  }
  return outputs;
}

/** Upstreams whose outputs the granted tasks take as input. */
export function inputsOf(
  tasks: readonly TaskRow[],
  infoOf: (runKey: number) => RunInfo,
): Map<number, TaskRef> {
  const refs = new Map<number, TaskRef>();
  for (const row of tasks) {
    const { flow } = infoOf(row.runKey);
    for (const id of Object.values(flow.tasks[row.ix]?.input ?? {})) {
      const ix = flow.placeOf.get(id);
      if (ix === undefined) continue;
      const ref = { runKey: row.runKey, ix };
      refs.set(placeOf(ref), ref);
    }
  }
  return refs;
}

export function outputKeys(refs: readonly TaskRef[]): [string, string] {
  return [plainColumn(refs, (ref) => ref.runKey), plainColumn(refs, (ref) => ref.ix)];
}

export function addOutputs(outputs: Map<number, string>, rows: Rows): void {
  for (const row of rows) {
    const ref = { runKey: row[0] as number, ix: row[1] as number };
    if (row[2] !== null) outputs.set(placeOf(ref), row[2] as string);
  }
}
