import type { Values } from './change.ts';
import { decodeError, RecordError } from './errors.ts';
import {
  epochOfSequence,
  firstVersion,
  parseBinlogFile,
  secondVersion,
  type BinlogFile,
  type Version,
} from './source-position.ts';

/** How the changes of a stream are ordered; fixed when a target first loads it. */
export type StreamKind = 'position' | 'offset';

/** From `fromOffset` on, records of the partition belong to `epoch`. */
export interface StreamEpoch {
  readonly partition: number;
  readonly fromOffset: number;
  readonly epoch: number;
}

/** The furthest source position a target has seen in a partition. */
export interface StreamPosition extends Version {
  readonly partition: number;
  readonly offset: number;
  readonly fileBase: string;
  readonly changedAtMs: number;
}

export interface SourceCoordinates {
  readonly offset: number;
  readonly partition: number;
  readonly rank: number;
  readonly changedAtMs: number;
}

/**
 * Gives every change of one stream its version. Knows the stream's kind, its epochs, and the furthest
 * position of each partition, by which it notices a source that goes backwards.
 */
export class StreamVersions {
  readonly #topic: string;
  readonly #epochs: readonly StreamEpoch[];
  readonly #furthest = new Map<number, StreamPosition>();
  #kind: StreamKind | undefined;
  #file: { readonly text: string; readonly parsed: BinlogFile } | undefined;
  #sequence: { readonly text: unknown; readonly epoch: number | undefined } | undefined;

  constructor(topic: string, known: KnownStream) {
    this.#topic = topic;
    this.#kind = known.kind;
    this.#epochs = [...known.epochs].sort((a, b) => b.fromOffset - a.fromOffset);
    for (const position of known.positions) this.#furthest.set(position.partition, position);
  }

  /** Undefined until the first change fixes it. */
  get kind(): StreamKind | undefined {
    return this.#kind;
  }

  positions(): StreamPosition[] {
    return [...this.#furthest.values()];
  }

  /** The version of a change. `source` holds `file`, `pos`, `row` and `sequence`, if the producer has them. */
  versionOf(source: Values, at: SourceCoordinates): Version {
    const { file, pos } = source;
    const hasPosition = typeof file === 'string' && typeof pos === 'number';
    this.#kind ??= hasPosition ? 'position' : 'offset';
    if (this.#kind === 'offset') {
      return { v1: firstVersion(this.#epochAt(at), 0), v2: at.offset };
    }
    if (!hasPosition)
      throw new RecordError(
        'POSITION_MISSING',
        `source.file and source.pos are missing, which other records of ${this.#topic} have`,
      );
    return this.#positionVersion({ file, pos, row: source['row'] }, source['sequence'], at);
  }

  #positionVersion(
    position: { readonly file: string; readonly pos: number; readonly row: unknown },
    sequence: unknown,
    at: SourceCoordinates,
  ): Version {
    const file = this.#parsed(position.file);
    const ownEpoch = this.#epochOf(sequence);
    const row = typeof position.row === 'number' ? position.row : 0;
    const version = {
      v1: firstVersion(ownEpoch ?? this.#epochAt(at), file.number),
      v2: secondVersion(position.pos, row, at.rank),
    };
    if (ownEpoch !== undefined) this.#noteEpoch(version, file.base, at);
    // Snapshot reads repeat a position at any later time.
    else if (at.rank > 0 || this.#isOfPastEpoch(version, at)) this.#advance(version, file.base, at);
    return version;
  }

  /** Our own capture starts a new epoch itself: kept for a producer that takes over from it and knows of none. */
  #noteEpoch(version: Version, fileBase: string, at: SourceCoordinates): void {
    const furthest = this.#furthest.get(at.partition);
    const isNew = furthest === undefined || epochOf(version) > epochOf(furthest);
    if (isNew && at.offset > (furthest?.offset ?? -1)) this.#keep(version, fileBase, at);
  }

  /** Epochs follow the offsets: what is written later cannot be of an earlier one. */
  #isOfPastEpoch(version: Version, at: SourceCoordinates): boolean {
    const furthest = this.#furthest.get(at.partition);
    if (furthest === undefined || at.offset <= furthest.offset) return false;
    return epochOf(version) < epochOf(furthest);
  }

  /**
   * Producers repeat changes after a crash, so a lower position alone is no alarm; a lower position at a
   * later time than anything seen before it in the partition is.
   */
  #advance(version: Version, fileBase: string, at: SourceCoordinates): void {
    const furthest = this.#furthest.get(at.partition);
    if (furthest !== undefined) {
      if (at.offset <= furthest.offset) return;
      const isNewEpoch = epochOf(version) > epochOf(furthest);
      const isBehind =
        version.v1 < furthest.v1 || (version.v1 === furthest.v1 && version.v2 < furthest.v2);
      const isOther = fileBase !== furthest.fileBase && !isNewEpoch;
      const isLater = at.changedAtMs > furthest.changedAtMs || this.#isOfPastEpoch(version, at);
      if (isOther || (isBehind && isLater)) throw this.#wentBackwards(at, furthest);
      if (isBehind) return;
    }
    this.#keep(version, fileBase, at);
  }

  #keep(version: Version, fileBase: string, at: SourceCoordinates): void {
    const known = this.#furthest.get(at.partition);
    this.#furthest.set(at.partition, {
      partition: at.partition,
      offset: at.offset,
      v1: version.v1,
      v2: version.v2,
      fileBase,
      changedAtMs: Math.max(at.changedAtMs, known?.changedAtMs ?? 0),
    });
  }

  #wentBackwards(at: SourceCoordinates, furthest: StreamPosition): Error {
    const next = epochOf(furthest) + 1;
    return decodeError(
      'SOURCE_WENT_BACKWARDS',
      `${this.#topic} partition ${at.partition}: the change at offset ${at.offset} is newer than the one at ` +
        `offset ${furthest.offset}, but lies before it in the source's binlog. The source was replaced, ` +
        `restored or reset, or another producer took over from Tidegate's capture. If that is so, start a new epoch in the target: insert into tidegate.stream_epoch ` +
        `(topic, partition, from_offset, epoch) values ('${this.#topic}', ${at.partition}, ${at.offset}, ${next}), ` +
        `for each partition its own offset; then clear the task`,
      { topic: this.#topic, partition: at.partition, offset: at.offset },
    );
  }

  #parsed(text: string): BinlogFile {
    if (this.#file?.text !== text) this.#file = { text, parsed: parseBinlogFile(text) };
    return this.#file.parsed;
  }

  #epochOf(text: unknown): number | undefined {
    if (this.#sequence === undefined || this.#sequence.text !== text)
      this.#sequence = { text, epoch: epochOfSequence(text) };
    return this.#sequence.epoch;
  }

  #epochAt(at: SourceCoordinates): number {
    for (const { partition, fromOffset, epoch } of this.#epochs)
      if (partition === at.partition && fromOffset <= at.offset) return epoch;
    return 0;
  }
}

function epochOf({ v1 }: Version): number {
  return Math.floor(v1 / 2 ** 24);
}

/** What a target remembers of a stream. */
export interface KnownStream {
  readonly kind: StreamKind | undefined;
  readonly epochs: readonly StreamEpoch[];
  readonly positions: readonly StreamPosition[];
}
