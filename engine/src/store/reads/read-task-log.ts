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

/** The first line at level error of one try's log, with its number from 1. */
export async function findFirstErrorLine(
  sql: Sql,
  task: { readonly runKey: number; readonly ix: number; readonly tryNumber: number },
): Promise<{ readonly line: number; readonly message: LogLine } | undefined> {
  const { rows } = await sql.query<{ first_line: number; data: Buffer }>(
    `select first_line, data
       from tidegate.task_log
      where run_key = $1
        and ix = $2
        and try_number = $3
        and highest_level = 'error'
      order by sequence
      limit 1`,
    [task.runKey, task.ix, task.tryNumber],
  );
  const chunk = rows[0];
  if (chunk === undefined) return undefined;
  const lines = parseLines(inflateSync(chunk.data).toString('utf8'));
  const place = lines.findIndex((line) => line.level === 'error');
  const message = lines[place];
  return message === undefined ? undefined : { line: chunk.first_line + place + 1, message };
}

function parseLines(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}
