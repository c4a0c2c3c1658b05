import { TopicLogError } from '../errors.ts';

const MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x8000_0000;
const FLAG = { DICTIONARY: 0x01, CONTENT_CHECKSUM: 0x04, CONTENT_SIZE: 0x08, BLOCK_CHECKSUM: 0x10 };
const SMALLEST_MATCH = 4;

/**
 * Decodes an LZ4 frame (lz4_Frame_format 1.6), as Kafka's producers write them. Checksums inside the frame
 * are not verified: the record batch's own covers all of it.
 */
export function decodeLz4Frame(frame: Buffer): Buffer {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw corrupt('it is no LZ4 frame');
  const flags = frame.readUInt8(4);
  if ((flags & FLAG.DICTIONARY) !== 0) throw corrupt('it needs a dictionary');
  // Magic, flags, block size and header checksum, with the content size between them when it is given.
  let at = (flags & FLAG.CONTENT_SIZE) === 0 ? 7 : 15;
  const output = new Output(frame.length * 4);
  while (at + 4 <= frame.length) {
    const size = frame.readUInt32LE(at);
    at += 4;
    if (size === 0) return output.taken();
    const end = at + (size & ~UNCOMPRESSED);
    if (end > frame.length) throw corrupt('a block runs over its end');
    const block = frame.subarray(at, end);
    if ((size & UNCOMPRESSED) === 0) decodeBlock(block, output);
    else output.literals(block, 0, block.length);
    at = end + ((flags & FLAG.BLOCK_CHECKSUM) === 0 ? 0 : 4);
  }
  throw corrupt('its end mark is missing');
}

/** A sequence is: literals, then a match that repeats earlier output; the last has literals only. */
function decodeBlock(block: Buffer, output: Output): void {
  let at = 0;
  const readLength = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (let byte = 255; byte === 255; length += byte) {
      byte = block[at++] ?? fail();
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at++] ?? fail();
    const literals = readLength(token >>> 4);
    if (at + literals > block.length) throw corrupt('literals run over their block');
    output.literals(block, at, at + literals);
    at += literals;
    if (at === block.length) return;
    const distance = (block[at] ?? fail()) | ((block[at + 1] ?? fail()) << 8);
    at += 2;
    output.repeat(distance, readLength(token & 0x0f) + SMALLEST_MATCH);
  }
}

class Output {
  #bytes: Buffer;
  #length = 0;

  constructor(expected: number) {
    this.#bytes = Buffer.allocUnsafe(expected);
  }

  literals(source: Buffer, from: number, to: number): void {
    this.#reserve(to - from);
    source.copy(this.#bytes, this.#length, from, to);
    this.#length += to - from;
  }

  /** Source and destination may overlap: a short pattern is then repeated, so bytes go one by one. */
  repeat(distance: number, length: number): void {
    if (distance === 0 || distance > this.#length)
      throw corrupt('a match lies before its beginning');
    this.#reserve(length);
    const from = this.#length - distance;
    if (distance >= length) this.#bytes.copyWithin(this.#length, from, from + length);
    else {
      for (let index = 0; index < length; index++) {
        this.#bytes[this.#length + index] = this.#bytes[from + index] ?? 0;
      }
    }
    this.#length += length;
  }

  taken(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

function fail(): never {
  throw corrupt('it ends inside a block');
}

function corrupt(why: string): TopicLogError {
  return new TopicLogError('RECORD_CORRUPT', `an LZ4 record batch cannot be decompressed: ${why}`);
}
