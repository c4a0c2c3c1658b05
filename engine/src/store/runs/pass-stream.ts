import {
  COMMIT,
  together,
  type FlushConnection,
  type Statement,
} from '../flush/flush-connection.ts';
import type { DagMove } from './create-live-run.ts';
import { SAVE_NEXT, saveNextValues } from './schedulable-dags.ts';
import { MOVE, moveColumns, type CursorMove } from './stream-cursors.ts';

/** What is written where no run is made. */
export interface StreamPassing {
  readonly dagId: string;
  readonly topic: string | null;
  readonly at: Date;
  readonly moves: readonly CursorMove[];
  readonly dagMove: DagMove | null;
  readonly isQuiet: boolean;
}

const MOVE_CURSORS: Statement = { name: 'move_cursors', text: MOVE };
const SAVE_NEXT_RUN: Statement = { name: 'save_next_run', text: SAVE_NEXT };

/** Trip two without a run: the cursors and the timetable, and the commit. */
export async function passStream(
  connection: FlushConnection,
  { dagId, topic, at, moves, dagMove, isQuiet }: StreamPassing,
): Promise<void> {
  const came = isQuiet ? 'quiet' : 'nothing';
  await together([
    ...(moves.length > 0
      ? [connection.send(MOVE_CURSORS, [dagId, topic, at, ...moveColumns(moves)])]
      : []),
    ...(dagMove === null
      ? []
      : [connection.send(SAVE_NEXT_RUN, saveNextValues(dagId, { ...dagMove, came }))]),
    connection.send(COMMIT),
  ]);
}
