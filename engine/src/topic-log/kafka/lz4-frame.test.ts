import { describe, expect, it } from 'vitest';

import { isTopicLogError } from '../errors.ts';
import { decodeLz4Frame } from './lz4-frame.ts';

const MAGIC = [0x04, 0x22, 0x4d, 0x18];
const END = [0, 0, 0, 0];

/** Independent 64 kB blocks, no sizes, no checksums; the header's own checksum is not looked at. */
function frame(...blocks: (readonly number[])[]): Buffer {
  return Buffer.from([...MAGIC, 0x60, 0x40, 0, ...blocks.flat(), ...END]);
}

function block(...bytes: readonly number[]): number[] {
  return [bytes.length & 0xff, bytes.length >> 8, 0, 0, ...bytes];
}

function text(value: string): number[] {
  return [...Buffer.from(value)];
}

describe('decodeLz4Frame', () => {
  it('copies literals', () => {
    expect(decodeLz4Frame(frame(block(0x50, ...text('hello')))).toString()).toBe('hello');
  });

  it('copies a block that was stored as it is', () => {
    expect(decodeLz4Frame(frame([3, 0, 0, 0x80, ...text('abc')])).toString()).toBe('abc');
  });

  it('repeats earlier output, also while it is being written', () => {
    // Three literals, then seven bytes from three back: abc abcabca; then one literal.
    const bytes = block(0x33, ...text('abc'), 3, 0, 0x10, ...text('!'));
    expect(decodeLz4Frame(frame(bytes)).toString()).toBe('abcabcabca!');
  });

  it('reads lengths that do not fit in their half byte', () => {
    const long = 'x'.repeat(15 + 255 + 10);
    const literals = decodeLz4Frame(frame(block(0xf0, 255, 10, ...text(long))));
    expect(literals.toString()).toBe(long);
    const repeated = decodeLz4Frame(frame(block(0x1f, ...text('y'), 1, 0, 255, 7, 0x00)));
    expect(repeated.toString()).toBe('y'.repeat(1 + 15 + 255 + 7 + 4));
  });

  it('repeats output of an earlier block', () => {
    const blocks = [block(0x40, ...text('abcd')), block(0x00, 4, 0, 0x00)];
    expect(decodeLz4Frame(frame(...blocks)).toString()).toBe('abcdabcd');
  });

  it('steps over a content size and block checksums', () => {
    const bytes = [...MAGIC, 0x78, 0x40, ...Array.from({ length: 8 }, () => 0), 0];
    bytes.push(...block(0x20, ...text('ok')), 1, 2, 3, 4, ...END);
    expect(decodeLz4Frame(Buffer.from(bytes)).toString()).toBe('ok');
  });

  it.each([
    ['no frame', Buffer.from('not lz4 at all')],
    ['a frame without its end', frame(block(0x10, 65)).subarray(0, -4)],
    ['a block that runs over the end', frame([200, 0, 0, 0, 1, 2])],
    ['a match before the beginning', frame(block(0x10, 65, 9, 0, 0))],
    ['a distance of zero', frame(block(0x10, 65, 0, 0, 0))],
    ['literals beyond the block', frame(block(0x90, 65))],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeLz4Frame(bytes)).toThrow(
      expect.toSatisfy((error) => isTopicLogError(error, 'RECORD_CORRUPT')),
    );
  });
});
