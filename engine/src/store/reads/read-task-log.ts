import { inflateSync } from 'node:zlib';

import type { LogLine } from '../../execution/contract.ts';
import type { Sql } from '../db.ts';

export interface TaskLogPage {
  readonly lines: readonly LogLine[];
  /** Ask again from here for what came later. */
  readonly nextSequence: number;
}

/** Chunks of one answer: 16 of at most 64 kB compressed. */
const CHUNKS = 16;

/** The log lines of one try from chunk `sequence` on, in the order they were written. */
export async function readTaskLog(
  sql: Sql,
  task: { runKey: number; ix: number; tryNumber: number },
  sequence = 0,
): Promise<TaskLogPage> {
  const { rows } = await sql.query<{ sequence: number; data: Buffer }>(
    `select sequence, data
       from tidegate.task_log
      where run_key = $1
        and ix = $2
        and try_number = $3
        and sequence >= $4
      order by sequence
      limit ${CHUNKS}`,
    [task.runKey, task.ix, task.tryNumber, sequence],
  );
  const last = rows.at(-1);
  return {
    lines: rows.flatMap((row) => parseLines(inflateSync(row.data).toString('utf8'))),
    nextSequence: last === undefined ? sequence : last.sequence + 1,
  };
}

function parseLines(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}
