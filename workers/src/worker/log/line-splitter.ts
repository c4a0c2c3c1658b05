import { StringDecoder } from 'node:string_decoder';

/** Cuts a stream of bytes into lines. */
export interface LineSplitter {
  readonly write: (bytes: Buffer | string) => void;
  /** Gives out what was not ended by a line break. */
  readonly end: () => void;
}

/** A line without an end is given out in pieces of this many characters. */
const LONGEST_LINE = 64 * 1024;

export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let carry = '';
  const take = (text: string): void => {
    const lines = (carry + text).split('\n');
    carry = lines.pop() ?? '';
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    while (carry.length > LONGEST_LINE) {
      onLine(carry.slice(0, LONGEST_LINE));
      carry = carry.slice(LONGEST_LINE);
    }
  };
  return {
    write: (bytes) => {
      take(typeof bytes === 'string' ? bytes : decoder.write(bytes));
    },
    end: () => {
      take(decoder.end());
      if (carry !== '') onLine(carry);
      carry = '';
    },
  };
}
