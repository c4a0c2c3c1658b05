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

/** Answers false when it had to drop the chunk; the gap is marked in the next one. */
export type EmitChunk = (chunk: PlainChunk) => boolean;

export interface TryLogOptions extends TryLogLimits {
  /** Where the numbers of the chunks begin. (Default: 0) */
  readonly firstSequence?: number;
}

export function createTryLog(
  task: TaskKey,
  emit: EmitChunk,
  options: TryLogOptions = DEFAULT_TRY_LOG_LIMITS,
): TryLog {
  return new ChunkedLog(task, emit, options);
}

class ChunkedLog implements TryLog {
  readonly task: TaskKey;
  readonly #emit: EmitChunk;
  readonly #limits: TryLogLimits;
  #open: string[] = [];
  #openBytes = 0;
  #highestLevel: LogLevel = 'debug';
  #nextLine = 0;
  #sequence: number;
  #sentBytes = 0;
  #lostLines = 0;
  /** The line a log begins with, until there is another one or it is handed over. */
  #first: LogLine | undefined;
  #tail: Tail | undefined;

  constructor(task: TaskKey, emit: EmitChunk, options: TryLogOptions) {
    this.task = task;
    this.#emit = emit;
    this.#limits = options;
    this.#sequence = options.firstSequence ?? 0;
  }

  append(line: LogLine): void {
    if (this.#first === undefined && this.isSilent() && line.source === 'system') {
      this.#first = line;
      return;
    }
    if (this.#lostLines > 0) {
      const lost = this.#lostLines;
      this.#lostLines = 0;
      const reason = 'the log could not be sent fast enough';
      this.#write(systemLine(`${lost} lines are missing here: ${reason}`));
    }
    for (const part of splitLongLine(line)) this.#write(part);
  }

  isSilent(): boolean {
    return this.#nextLine === 0 && this.#open.length === 0;
  }

  discard(): void {
    this.#first = undefined;
  }

  flush(): void {
    this.#writeFirst();
    if (this.#open.length === 0) return;
    const piece: Piece = {
      firstLine: this.#nextLine,
      lines: this.#open.length,
      highestLevel: this.#highestLevel,
      plain: Buffer.from(this.#open.join(''), 'utf8'),
    };
    this.#nextLine += this.#open.length;
    this.#open = [];
    this.#openBytes = 0;
    this.#highestLevel = 'debug';
    if (this.#sentBytes < this.#limits.headBytes) this.#send(piece);
    else (this.#tail ??= createTail(this.#limits.tailBytes)).push(piece);
  }

  end(): void {
    this.flush();
    if (this.#tail === undefined) return;
    const { gap, pieces } = this.#tail.drain();
    if (gap !== null) this.#send(gapPiece(gap));
    for (const piece of pieces) this.#send(piece);
  }

  #writeFirst(): void {
    const line = this.#first;
    this.#first = undefined;
    if (line !== undefined) this.#write(line);
  }

  #write(line: LogLine): void {
    this.#writeFirst();
    const text = `${JSON.stringify(line)}\n`;
    const bytes = Buffer.byteLength(text);
    if (this.#openBytes + bytes > CHUNK_BYTES) this.flush();
    this.#open.push(text);
    this.#openBytes += bytes;
    this.#highestLevel = higherLevel(this.#highestLevel, line.level);
  }

  #send(piece: Piece): void {
    this.#sentBytes += piece.plain.length;
    if (this.#emit({ task: this.task, sequence: this.#sequence, ...piece })) this.#sequence += 1;
    else this.#lostLines += piece.lines;
  }
}

type Piece = Omit<PlainChunk, 'task' | 'sequence'>;

interface Gap {
  readonly firstLine: number;
  lines: number;
  bytes: number;
}

interface Tail {
  push(piece: Piece): void;
  drain(): { gap: Gap | null; pieces: readonly Piece[] };
}

/** The newest pieces up to `maxBytes`, and what was let go before them. */
function createTail(maxBytes: number): Tail {
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
