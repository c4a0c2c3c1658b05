import { failpoint } from '@tidegate/engine/platform';
import pg from 'pg';

import type { Chunk, ChunkPart } from './chunk.ts';
import { loadError } from './errors.ts';
import { loadMessage, stageMessage, type LoadStep } from './load-message.ts';
import { copyStatement } from './load-statements.ts';
import type { LoaderSession } from './loader-session.ts';
import { openLoad } from './open-load.ts';
import { copyText } from './stage-text.ts';
import { foldRows, type StagedRow } from './staged-row.ts';
import type { TargetShape } from './target-shape.ts';

/** Up to so many rows go as literals inside the load message; COPY is cheaper above. */
const MOST_LITERAL_ROWS = 100;
const MOST_LITERAL_LENGTH = 262_144;

/**
 * Loads a chunk in one transaction and answers its parts as the ledger has them. Harmless to repeat whatever
 * became of an earlier attempt: the ledger refuses what is there already, and then nothing else happens.
 * `ready` is awaited between staging, which takes no lock, and the load itself; undefined is answered if it
 * says no.
 */
export async function loadChunk(
  session: LoaderSession,
  step: LoadStep,
  { chunk, ready }: { readonly chunk: Chunk; readonly ready: Promise<boolean> },
): Promise<readonly ChunkPart[] | undefined> {
  const rows = foldRows(chunk.rows);
  try {
    const begin = await beginWith(session, rows);
    if (!(await ready)) {
      await session.rollback();
      return undefined;
    }
    failpoint('load.staged');
    const loaded = session.run(begin + loadMessage(step, chunk, rows));
    failpoint('load.sent');
    await loaded;
    failpoint('load.after-commit');
    return chunk.parts;
  } catch (error) {
    await session.rollback();
    return await explain(session, step, { chunk, error });
  }
}

/** Stages the rows, or answers the statements that will. */
export async function beginWith(
  session: LoaderSession,
  rows: readonly StagedRow[],
): Promise<string> {
  if (rows.length === 0) return 'begin;\n';
  const hasKept = rows.some(({ kept }) => kept !== undefined);
  if (rows.length <= MOST_LITERAL_ROWS && !hasKept && !hasArrayColumns(session.prepared)) {
    const message = stageMessage(rows);
    if (message.length <= MOST_LITERAL_LENGTH) return `begin;\n${message};\n`;
  }
  await session.stage(copyStatement(session.prepared, hasKept), copyText(rows, hasKept));
  return '';
}

async function explain(
  session: LoaderSession,
  step: LoadStep,
  { chunk, error }: { readonly chunk: Chunk; readonly error: unknown },
): Promise<readonly ChunkPart[]> {
  if (!(error instanceof pg.DatabaseError)) throw error;
  if (error.constraint === 'fence_token_not_older') throw fenced(step, error);
  if (error.constraint === 'stream_kind_fixed') throw kindChanged(step, error);
  if (error.constraint !== 'ledger_range_once') throw error;
  const { parts } = await openLoad(session, step.identity.loadId, step.identity.topic);
  const stored = storedParts(parts, chunk);
  if (stored !== undefined) return stored;
  throw loadError(
    'LEDGER_OVERLAP',
    `load ${step.identity.loadId} was given a part of this chunk, but not all of it, by another worker meanwhile: ` +
      'try again, or clear the task to load anew',
    { cause: error },
  );
}

/** The ledger's entries for a chunk, undefined unless it has all of them. */
function storedParts(
  parts: readonly ChunkPart[],
  chunk: Pick<Chunk, 'parts'>,
): readonly ChunkPart[] | undefined {
  const stored = chunk.parts.map((wanted) =>
    parts.find(
      ({ partition, from, to }) =>
        partition === wanted.partition && from === wanted.from && to === wanted.to,
    ),
  );
  return stored.every((part) => part !== undefined) ? stored : undefined;
}

/** Array literals cannot hold arrays of various lengths; such targets are staged by COPY alone. */
function hasArrayColumns(shape: TargetShape): boolean {
  return [...shape.key, ...shape.mapped].some(({ type }) => type.endsWith('[]'));
}

function fenced({ identity }: LoadStep, cause: unknown): Error {
  return loadError(
    'FENCED',
    `another worker has taken over ${identity.fenceKey} (its token is higher than ${identity.fenceToken}); ` +
      `this one stops, the other one does the work`,
    { cause },
  );
}

function kindChanged({ identity }: LoadStep, cause: unknown): Error {
  return loadError(
    'STREAM_KIND_CHANGED',
    `${identity.topic} was first loaded with another order of changes than '${String(identity.kind)}': ` +
      `source positions appeared or disappeared. Load the topic into new tables`,
    { cause },
  );
}
