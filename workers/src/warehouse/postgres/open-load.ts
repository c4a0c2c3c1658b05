import type {
  KnownStream,
  StreamEpoch,
  StreamKind,
  StreamPosition,
} from '../../cdc/stream-state.ts';
import type { ChunkPart } from './chunk.ts';
import type { LoaderSession } from './loader-session.ts';
import { literal } from './sql-text.ts';

/** What a target knows before a load begins. */
export interface OpenedLoad {
  /** Parts this load has already, from an earlier try. */
  readonly parts: readonly ChunkPart[];
  readonly stream: KnownStream;
}

type PartRow = readonly [number, number, number, number, number, number, number];

/** Reads a load's ledger and its stream's state; changes nothing. */
export async function openLoad(
  session: LoaderSession,
  loadId: string,
  topic: string,
): Promise<OpenedLoad> {
  const rows = await session.run(`execute tg_open(${literal(loadId)}, ${literal(topic)})`);
  const row = rows[0] as unknown as OpenRow;
  return {
    parts: row.parts.map(([partition, from, to, records, changes, ignored, quarantined]) => ({
      partition,
      from,
      to,
      records,
      changes,
      ignored,
      quarantined,
    })),
    stream: { kind: row.kind ?? undefined, epochs: row.epochs, positions: row.positions },
  };
}

interface OpenRow {
  readonly parts: readonly PartRow[];
  readonly kind: StreamKind | null;
  readonly epochs: readonly StreamEpoch[];
  readonly positions: readonly StreamPosition[];
}
