import { promisify } from 'node:util';
import { deflate, constants } from 'node:zlib';

const deflateInPool = promisify(deflate);

/** Below this the set-up of a compressor costs more than the bytes it saves. */
const WORTH_COMPRESSING = 1_024;
const ADLER_MODULUS = 65_521;

/** zlib data of `plain`: deflated in the thread pool, or a stored block when it is small. */
export async function compress(plain: Buffer): Promise<Buffer> {
  if (plain.length < WORTH_COMPRESSING) return storedBlock(plain);
  return deflateInPool(plain, { level: constants.Z_BEST_SPEED });
}

/** RFC 1950 around one uncompressed block of RFC 1951: a no-op's log of two lines costs microseconds. */
export function storedBlock(plain: Buffer): Buffer {
  const out = Buffer.allocUnsafe(plain.length + 11);
  out.writeUInt16BE(0x7801, 0);
  out.writeUInt8(1, 2); // last block, stored
  out.writeUInt16LE(plain.length, 3);
  out.writeUInt16LE(~plain.length & 0xffff, 5);
  plain.copy(out, 7);
  out.writeUInt32BE(adler32(plain), plain.length + 7);
  return out;
}

function adler32(bytes: Buffer): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a += byte;
    b += a;
  }
  // Below WORTH_COMPRESSING bytes neither sum leaves the safe integers, so one reduction at the end is exact.
  return ((b % ADLER_MODULUS) * 0x1_0000 + (a % ADLER_MODULUS)) >>> 0;
}
