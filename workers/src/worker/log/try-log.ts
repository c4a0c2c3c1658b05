import type { LogLine, TaskKey } from '@tidegate/engine/execution-contract';

import { higherLevel, splitLongLine, systemLine, type LogLevel } from './log-line.ts';

/** Lines of one try, not yet compressed. `sequence` is the order within the try. */
export interface PlainChunk {
  readonly task: TaskKey;
  readonly sequence: number;
  readonly firstLine: number;
  readonly lines: number;
  readonly highestLevel: LogLevel;
  readonly plain: Buffer;
}

export interface TryLogLimits {
  /** Uncompressed bytes kept from the beginning of a try's log. */
  readonly headBytes: number;
  /** The same from its end. */
  readonly tailBytes: number;
}

export const DEFAULT_TRY_LOG_LIMITS: TryLogLimits = {
  headBytes: 32 * 1024 * 1024,
  tailBytes: 32 * 1024 * 1024,
};

/** Deflate never adds more than a few bytes, so a chunk of this much stays within 64 kB whatever it holds. */
const CHUNK_BYTES = 60_000;

/** The log of one try: cuts lines into chunks; beyond the limits it keeps the head and the tail. */
export interface TryLog {
  readonly task: TaskKey;
  append(line: LogLine): void;
  /** Hands over what was gathered, full or not. */
  flush(): void;
  /** Also hands over the tail. Nothing may be appended afterwards. */
  end(): void;
  /** Nothing was said yet but the product's own first line, and that was not handed over. */
  isSilent(): boolean;
  /** Instead of `end` for a silent log: as if it had never been. */
  discard(): void;
}

/** `emit` answers false when it had to drop the chunk; the gap is marked in the next one. */
export function createTryLog(
  task: TaskKey,
  emit: (chunk: PlainChunk) => boolean,
  limits: TryLogLimits & { readonly firstSequence?: number } = DEFAULT_TRY_LOG_LIMITS,
): TryLog {
  let open: string[] = [];
  let openBytes = 0;
  let highestLevel: LogLevel = 'debug';
  let nextLine = 0;
  let sequence = limits.firstSequence ?? 0;
  let sentBytes = 0;
  let lostLines = 0;
  /** The line a log begins with, until there is another one or it is handed over. */
  let first: LogLine | undefined;
  const tail = createTail(limits.tailBytes);

  const writeFirst = (): void => {
    if (first === undefined) return;
    const line = first;
    first = undefined;
    write(line);
  };
  const isSilent = (): boolean => nextLine === 0 && open.length === 0;
  const write = (line: LogLine): void => {
    writeFirst();
    const text = `${JSON.stringify(line)}\n`;
    const bytes = Buffer.byteLength(text);
    if (openBytes + bytes > CHUNK_BYTES) close();
    open.push(text);
    openBytes += bytes;
    highestLevel = higherLevel(highestLevel, line.level);
  };
  const close = (): void => {
    writeFirst();
    if (open.length === 0) return;
    const plain = Buffer.from(open.join(''), 'utf8');
    const piece: Piece = { firstLine: nextLine, lines: open.length, highestLevel, plain };
    nextLine += open.length;
    open = [];
    openBytes = 0;
    highestLevel = 'debug';
    if (sentBytes < limits.headBytes) send(piece);
    else tail.push(piece);
  };
  const send = (piece: Piece): void => {
    sentBytes += piece.plain.length;
    if (emit({ task, sequence, ...piece })) sequence += 1;
    else lostLines += piece.lines;
  };
  return {
    task,
    isSilent,
    discard: () => {
      first = undefined;
    },
    append: (line) => {
      if (first === undefined && isSilent() && line.source === 'system') {
        first = line;
        return;
      }
      if (lostLines > 0) {
        const lost = lostLines;
        lostLines = 0;
        write(systemLine(`${lost} lines are missing here: the log could not be sent fast enough`));
      }
      splitLongLine(line).forEach(write);
    },
    flush: close,
    end: () => {
      close();
      const { gap, pieces } = tail.drain();
      if (gap !== null) send(gapPiece(gap));
      pieces.forEach(send);
    },
  };
}

type Piece = Omit<PlainChunk, 'task' | 'sequence'>;

interface Gap {
  readonly firstLine: number;
  lines: number;
  bytes: number;
}

/** The newest pieces up to `maxBytes`, and what was let go before them. */
function createTail(maxBytes: number): {
  push(piece: Piece): void;
  drain(): { gap: Gap | null; pieces: readonly Piece[] };
} {
  let pieces: Piece[] = [];
  let bytes = 0;
  let gap: Gap | null = null;
  return {
    push: (piece) => {
      pieces.push(piece);
      bytes += piece.plain.length;
      while (bytes > maxBytes && pieces.length > 1) {
        const [oldest] = pieces.splice(0, 1);
        if (oldest === undefined) return;
        gap ??= { firstLine: oldest.firstLine, lines: 0, bytes: 0 };
        gap.lines += oldest.lines;
        gap.bytes += oldest.plain.length;
        bytes -= oldest.plain.length;
      }
    },
    drain: () => {
      const drained = { gap, pieces };
      pieces = [];
      bytes = 0;
      gap = null;
      return drained;
    },
  };
}

/** One line in place of those left out; the lines after it keep their own numbers. */
function gapPiece(gap: Gap): Piece {
  const line = systemLine(
    `${gap.lines} lines (${gap.bytes} bytes) are left out here: the log of this try is longer than is kept`,
    'warn',
  );
  return {
    firstLine: gap.firstLine,
    lines: 1,
    highestLevel: 'warn',
    plain: Buffer.from(`${JSON.stringify(line)}\n`, 'utf8'),
  };
}
