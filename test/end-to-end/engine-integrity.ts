import pg from 'pg';

import { recount } from '../../engine/src/state/recount.ts';
import { type GraphTaskSource, toTaskGraph } from '../../engine/src/state/task-graph.ts';
import type { TaskState } from '../../engine/src/state/task-state.ts';

/**
 * What is wrong with the metadata once the load is over: a run that did not end well, a lease or a queue row
 * left, counters other than their recount, a hole between ranges, a retry used by a loss. Empty when nothing
 * is.
 */
export async function findEngineFaults(metadataUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: metadataUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const faults: string[] = [];
    for (const [what, statement] of Object.entries(QUIET)) {
      const { rows } = await client.query<{ text: string }>(statement);
      if (rows.length > 0) {
        const some = rows.slice(0, 5).map(({ text }) => text);
        faults.push(`${what} (${rows.length}): ${some.join(', ')}`);
      }
    }
    return [...faults, ...(await findCounterFaults(client))];
  } finally {
    await client.end();
  }
}

/** Statements that answer a row for each fault. */
const QUIET: Readonly<Record<string, string>> = {
  'runs that did not end well': `select run_id || ' ' || state as text from tidegate.dag_run
    where state <> 'success'`,
  'live runs left': `select run_key::text as text from tidegate.live_run`,
  'jobs left in the outbox': `select run_key::text as text from tidegate.outbox`,
  'timers left': `select run_key || ' ' || kind as text from tidegate.timer`,
  'slots left in use': `select key || ' ' || used as text from tidegate.limit_usage where used <> 0`,
  'task instances that did not end well': `select run_key || '/' || ix || ' ' || state as text
    from tidegate.task_instance where state <> 'success'`,
  // What a failpoint throws in a task is the task's.
  'tries that used a retry': `select run_key || '/' || ix || '#' || try_number || ' ' || error as text
    from tidegate.task_try where state = 'failed' and error !~ 'FAILPOINT'`,
  'holes or overlaps between ranges': `select topic || '/' || partition || ' ' || from_offset as text
    from (select topic, partition, from_offset,
            lag(to_offset, 1, 0::bigint) over (partition by dag_id, topic, partition order by from_offset)
              as previous
          from tidegate.run_range where is_live and from_offset < to_offset) as r
    where from_offset <> previous`,
  'cursors not at the end of their ranges': `select c.partition || ' ' || c.next_offset as text
    from tidegate.stream_cursor as c
    where c.next_offset <> (select coalesce(max(r.to_offset), 0) from tidegate.run_range as r
      where (r.dag_id, r.topic, r.partition) = (c.dag_id, c.topic, c.partition) and r.is_live)`,
};

interface RunTasks {
  readonly run_key: string;
  readonly tasks: readonly GraphTaskSource[];
  readonly states: readonly TaskState[];
  readonly counters: readonly (readonly number[])[];
}

async function findCounterFaults(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<RunTasks>(
    `select run.run_key, version.serialized -> 'tasks' as tasks,
        json_agg(ti.state order by ti.ix) as states,
        json_agg(json_build_array(ti.total, ti.success, ti.failed, ti.upstream_failed, ti.skipped,
          ti.removed, ti.setup_success, ti.setup_skipped) order by ti.ix) as counters
     from tidegate.dag_run as run
     join tidegate.dag_version as version using (version_key)
     join tidegate.task_instance as ti using (run_key)
     group by run.run_key, version.version_key`,
  );
  return rows.flatMap(({ run_key: runKey, tasks, states, counters }) => {
    const expected = recount(toTaskGraph(tasks), states).map((counts) => [
      counts.total,
      counts.success,
      counts.failed,
      counts.upstreamFailed,
      counts.skipped,
      counts.removed,
      counts.setupSuccess,
      counts.setupSkipped,
    ]);
    return JSON.stringify(expected) === JSON.stringify(counters)
      ? []
      : [`counters of run ${runKey}: ${JSON.stringify(counters)}, not ${JSON.stringify(expected)}`];
  });
}
