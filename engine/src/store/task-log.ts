import type { LogChunk } from '../execution/contract.ts';
import type { Sql } from './db.ts';

/** Appends chunks. One sent twice is kept once, and one of a run that is gone is dropped with it. */
export async function appendTaskLog(sql: Sql, chunks: readonly LogChunk[]): Promise<void> {
  const column = <T>(pick: (chunk: LogChunk) => T): T[] => chunks.map(pick);
  await sql.query(
    `insert into tidegate.task_log
       (run_key, ix, try_number, sequence, first_line, lines, bytes, highest_level, data)
     select run_key, ix, try_number, sequence, first_line, lines, bytes, highest_level,
            decode(data, 'base64')
       from unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[],
                   $8::text[], $9::text[])
            as chunk (run_key, ix, try_number, sequence, first_line, lines, bytes, highest_level, data)
      where exists (select from tidegate.dag_run as run where run.run_key = chunk.run_key)
         on conflict do nothing`,
    [
      column((chunk) => chunk.task.runKey),
      column((chunk) => chunk.task.ix),
      column((chunk) => chunk.task.tryNumber),
      column((chunk) => chunk.sequence),
      column((chunk) => chunk.firstLine),
      column((chunk) => chunk.lines),
      column((chunk) => chunk.bytes),
      column((chunk) => chunk.highestLevel),
      column((chunk) => chunk.data),
    ],
  );
}
