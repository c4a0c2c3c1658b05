import {
  BEGIN,
  together,
  type FlushConnection,
  type Rows,
  type Statement,
} from '../flush/flush-connection.ts';
import { STARTER_LOCK } from '../sweep/start-queued-runs.ts';
import { LIST_OPEN, toOpenRange, type OpenRange } from './run-ranges.ts';
import { LOCK_DAG, LOCK_DAG_UNLESS_HELD, toLockedDag, type LockedDag } from './schedulable-dags.ts';
import { LOCK_CURSORS, toCursor, type StreamCursor } from './stream-cursors.ts';
import { FIND_NEWEST, toNewestRun, type NewestLiveRun } from './pin-run.ts';

/** What the making of a run locks and reads before it decides. */
export interface DagStreamLock {
  readonly dagId: string;
  /** Null: the DAG has no source, or its topic does not exist. */
  readonly topic: string | null;
  /** Do not wait for another scheduler that makes a run of this DAG. */
  readonly skipLocked: boolean;
  readonly needsNewest: boolean;
  readonly at: Date;
}

/** A DAG and its stream, locked: only its holder makes runs of this DAG and moves its cursors. */
export interface LockedDagStream {
  /** Undefined: gone, or held by another with `skipLocked`. */
  readonly dag: LockedDag | undefined;
  /** Queued and running runs that count against the DAG's own limit. */
  readonly activeRuns: number;
  /** The slot a new run may start in at once; null when it has to queue. */
  readonly freeSlot: number | null;
  readonly newest: NewestLiveRun | undefined;
  readonly cursors: readonly StreamCursor[];
  readonly open: readonly OpenRange[];
}

/**
 * Behind the lock as a statement of its own: the lock's statement would count by a snapshot from before it
 * waited. The starter's lock is only tried: who does not get it lets the run queue, and the starter starts it.
 */
const COUNT_ACTIVE: Statement = {
  name: 'count_active_runs',
  text: `
select count(*)::int, coalesce(array_agg(slot) filter (where slot is not null), '{}'),
       count(*) filter (where slot is null and run_after <= $2)::int,
       pg_try_advisory_xact_lock(${STARTER_LOCK})
  from tidegate.live_run
 where scope = $1`,
};

/** Trip one: begin, lock the DAG's row, then its cursors, and read what decides about a new run. */
export async function lockDagStream(
  connection: FlushConnection,
  lock: DagStreamLock,
): Promise<LockedDagStream> {
  const { dagId, topic, needsNewest } = lock;
  const stream = [dagId, topic];
  const [, dags, counted, cursors, open, newest] = await together([
    connection.send(BEGIN),
    connection.send(lock.skipLocked ? LOCK_DAG_UNLESS_HELD : LOCK_DAG, [dagId]),
    connection.send(COUNT_ACTIVE, [dagId, lock.at]),
    topic === null ? NONE : connection.send(LOCK_CURSORS, stream),
    topic === null ? NONE : connection.send(LIST_OPEN, stream),
    needsNewest ? connection.send(FIND_NEWEST, [dagId]) : NONE,
  ]);
  const dag = dags.map(toLockedDag)[0];
  const [activeRuns, taken, waiting, mayStart] = counted[0] as [number, number[], number, boolean];
  return {
    dag,
    activeRuns,
    // Older runs that queue go first.
    freeSlot: mayStart && waiting === 0 && dag !== undefined ? findFree(taken, dag) : null,
    newest: newest.map(toNewestRun)[0],
    cursors: cursors.map(toCursor),
    open: open.map(toOpenRange),
  };
}

const NONE: Promise<Rows> = Promise.resolve([]);

function findFree(taken: readonly number[], dag: LockedDag): number | null {
  if (dag.isPaused) return null;
  for (let slot = 0; slot < dag.maxActiveRuns; slot += 1) if (!taken.includes(slot)) return slot;
  return null;
}
