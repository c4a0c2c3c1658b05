import type { TaskSource } from '@tidegate/engine/dag';
import type pg from 'pg';

import { refusedRecord, type Chunk, type RefusedRecord } from './chunk.ts';
import { beginWith } from './load-chunk.ts';
import { trialMessage, type LoadStep } from './load-message.ts';
import type { LoaderSession } from './loader-session.ts';
import { isRefusedRow } from './outage.ts';
import { foldRows, type StagedRow } from './staged-row.ts';
import { UNCHANGED_VALUE_KNOWN } from './unchanged-values.ts';

/** Coordinates of a record whose row the table refuses, and why. */
interface Refusal {
  readonly partition: number;
  readonly offset: number;
  readonly error: pg.DatabaseError;
}

/**
 * Finds the records whose rows the tables refuse, by trying halves, and moves them from the chunk to its
 * quarantine. Their bytes are read again from the range: a record's buffers do not outlive its batch.
 */
export async function withoutRefusedRows(
  session: LoaderSession,
  step: LoadStep,
  { chunk, source }: { readonly chunk: Chunk; readonly source: TaskSource },
): Promise<Chunk> {
  const refusals = new Map<string, Refusal>();
  await bisect(chunk.rows, async (rows) => {
    const error = await tryRows(session, step, rows);
    const [first, last] = [rows[0], rows.at(-1)];
    if (error !== undefined && first && last && placeOf(first) === placeOf(last))
      refusals.set(placeOf(first), { partition: first.partition, offset: first.offset, error });
    return error !== undefined;
  });
  const records = await readRefused(source, refusals);
  return {
    ...chunk,
    rows: chunk.rows.filter((row) => !refusals.has(placeOf(row))),
    refused: [...chunk.refused, ...records],
    parts: chunk.parts.map((part) => {
      const count = (places: readonly { partition: number; offset: number }[]): number =>
        places.filter(
          ({ partition, offset }) =>
            partition === part.partition && offset >= part.from && offset < part.to,
        ).length;
      return {
        ...part,
        changes: part.changes - count(chunk.rows.filter((row) => refusals.has(placeOf(row)))),
        quarantined: part.quarantined + count(records),
      };
    }),
  };
}

/** Calls `fails` on ever smaller pieces of what fails, down to the rows of single records. */
async function bisect(
  rows: readonly StagedRow[],
  fails: (rows: readonly StagedRow[]) => Promise<boolean>,
): Promise<void> {
  if (rows.length === 0 || !(await fails(rows))) return;
  const middle = splitBetweenRecords(rows);
  if (middle === undefined) return;
  await bisect(rows.slice(0, middle), fails);
  await bisect(rows.slice(middle), fails);
}

/** An index near the middle where one record ends and the next begins; undefined within a single record. */
function splitBetweenRecords(rows: readonly StagedRow[]): number | undefined {
  const middle = rows.length >> 1;
  const isBorder = (index: number): boolean => {
    const [before, after] = [rows[index - 1], rows[index]];
    return before !== undefined && after !== undefined && placeOf(before) !== placeOf(after);
  };
  // A record has at most two rows, so a border is next to the middle unless there is none.
  return [middle, middle + 1, middle - 1].find(isBorder);
}

async function tryRows(
  session: LoaderSession,
  step: LoadStep,
  rows: readonly StagedRow[],
): Promise<pg.DatabaseError | undefined> {
  const folded = foldRows(rows);
  try {
    const begin = await beginWith(session, folded);
    await session.run(begin + trialMessage(step, folded));
    return undefined;
  } catch (error) {
    await session.rollback();
    if (isRefusedRow(error)) return error as pg.DatabaseError;
    throw error;
  }
}

async function readRefused(
  source: TaskSource,
  refusals: ReadonlyMap<string, Refusal>,
): Promise<RefusedRecord[]> {
  const records: RefusedRecord[] = [];
  for await (const batch of source.read()) {
    for (const record of batch.records) {
      const error = refusals.get(placeOf(record))?.error;
      if (error !== undefined) records.push(refusedRecord(record, sqlError(error)));
    }
    if (records.length === refusals.size) break;
  }
  return records;
}

function sqlError(error: pg.DatabaseError): { readonly code: string; readonly message: string } {
  if (error.constraint === UNCHANGED_VALUE_KNOWN)
    return {
      code: 'VALUE_UNAVAILABLE',
      message:
        'the source left a value out as unchanged, and current has no such row to keep it from',
    };
  const detail = error.detail === undefined ? '' : `: ${error.detail}`;
  return { code: error.code ?? 'unknown', message: error.message + detail };
}

function placeOf({ partition, offset }: { partition: number; offset: number }): string {
  return `${partition}:${offset}`;
}
