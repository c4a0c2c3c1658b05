import { failpoint } from '../../platform/failpoint.ts';
import { COMMIT, type FlushConnection } from '../../store/flush/flush-connection.ts';
import { createLiveRun } from '../../store/runs/create-live-run.ts';
import {
  lockDagStream,
  type DagStreamLock,
  type LockedDagStream,
} from '../../store/runs/lock-dag-stream.ts';
import { passStream } from '../../store/runs/pass-stream.ts';
import type { RunConnections } from '../../store/runs/run-connections.ts';
import type { CursorMemory } from './cursor-memory.ts';
import type { RunDecision } from './decide-run.ts';
import type { MadeRun } from './made-run.ts';

/** Where runs are made. */
export interface RunStore {
  readonly connections: RunConnections;
  readonly cursors: CursorMemory;
}

/**
 * Makes one live run in one transaction of two round trips: lock and read, decide in memory, write and
 * commit. Run, slot, task instances, ranges, cursors and timetable commit together or not at all.
 */
export function makeRun(
  store: RunStore,
  lock: DagStreamLock,
  decide: (locked: LockedDagStream) => RunDecision,
): Promise<MadeRun> {
  return store.connections.transaction(async (connection) => {
    const locked = await lockDagStream(connection, lock);
    const decision = decide(locked);
    failpoint('run.before-commit');
    const made = await write(connection, lock, decision);
    remember(store.cursors, { lock, locked, decision, made });
    return made;
  });
}

async function write(
  connection: FlushConnection,
  { dagId, topic, at }: DagStreamLock,
  decision: RunDecision,
): Promise<MadeRun> {
  if (decision.kind === 'create') {
    const runKey = await createLiveRun(connection, decision.creation);
    return runKey === null ? { kind: 'exists' } : decision.toMade(runKey);
  }
  const { made } = decision;
  if (decision.kind === 'nothing') await connection.send(COMMIT);
  else {
    const { moves, dagMove } = decision;
    const isQuiet = made.kind === 'quiet';
    await passStream(connection, { dagId, topic, at, moves, dagMove, isQuiet });
  }
  return made;
}

function remember(
  cursors: CursorMemory,
  done: {
    readonly lock: DagStreamLock;
    readonly locked: LockedDagStream;
    readonly decision: RunDecision;
    readonly made: MadeRun;
  },
): void {
  const { lock, locked, decision, made } = done;
  const { dagId, topic } = lock;
  // Without the DAG's row another may move them at this moment.
  if (topic === null || locked.dag === undefined) return;
  const stream = { dagId, topic };
  if (made.kind === 'outdated') cursors.forget(stream);
  else if (decision.kind === 'pass') cursors.learn(stream, locked.cursors, decision.moves);
  else if (decision.kind === 'create' && made.kind !== 'exists')
    cursors.learn(stream, locked.cursors, decision.creation.moves);
  else cursors.learn(stream, locked.cursors);
}
