import type { Sql } from '../../store/db.ts';
import {
  listCursors,
  type CursorMove,
  type StreamCursor,
} from '../../store/runs/stream-cursors.ts';
import type { RecordFingerprint } from '../../topic-log/topic-log.ts';

interface Stream {
  readonly dagId: string;
  readonly topic: string;
}

/**
 * Cursors as this scheduler last saw them under lock, so that a look at the log need not read them first. A
 * hint: other schedulers move them too, so every plan is made by the locked rows. Forgotten at each sweep.
 */
export class CursorMemory {
  private readonly sql: Sql;
  private readonly known = new Map<string, readonly StreamCursor[]>();

  constructor(sql: Sql) {
    this.sql = sql;
  }

  /** As last seen, or read now. */
  async recall(stream: Stream): Promise<readonly StreamCursor[]> {
    return this.find(stream) ?? this.read(stream);
  }

  find(stream: Stream): readonly StreamCursor[] | undefined {
    return this.known.get(keyOf(stream));
  }

  /** The locked rows, with what a committed transaction made of them. */
  learn(stream: Stream, locked: readonly StreamCursor[], moves: readonly CursorMove[] = []): void {
    const before = new Map(locked.map((cursor) => [cursor.partition, cursor]));
    const moved = moves.map((move) => ({
      ...move,
      fingerprint: before.get(move.partition)?.fingerprint ?? null,
    }));
    this.known.set(keyOf(stream), moves.length === 0 ? locked : moved);
  }

  learnFingerprint(stream: Stream, partition: number, fingerprint: RecordFingerprint): void {
    const cursors = this.find(stream)?.map((cursor) =>
      cursor.partition === partition ? { ...cursor, fingerprint } : cursor,
    );
    if (cursors !== undefined) this.known.set(keyOf(stream), cursors);
  }

  forget(stream: Stream): void {
    this.known.delete(keyOf(stream));
  }

  forgetAll(): void {
    this.known.clear();
  }

  private async read(stream: Stream): Promise<readonly StreamCursor[]> {
    const cursors = await listCursors(this.sql, stream);
    this.known.set(keyOf(stream), cursors);
    return cursors;
  }
}

function keyOf({ dagId, topic }: Stream): string {
  return `${dagId} ${topic}`;
}
