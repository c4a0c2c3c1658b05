/** A place in the binlog: the byte where an event starts, unwrapped beyond 2^32. */
export interface BinlogPosition {
  readonly file: string;
  readonly pos: number;
}

/** One row of one event: what identifies a change within an epoch. */
export interface RowPosition extends BinlogPosition {
  readonly row: number;
}

/** `binlog.000123` → 123. The number orders files; names without one order as 0. */
export function fileNumber(file: string): number {
  const match = /\.(\d+)$/.exec(file);
  return match?.[1] === undefined ? 0 : Number(match[1]);
}

/** `binlog.000123` → `binlog`. Another base name is another history. */
export function fileBase(file: string): string {
  return file.replace(/\.\d+$/, '');
}

export function comparePositions(a: BinlogPosition, b: BinlogPosition): number {
  return fileNumber(a.file) - fileNumber(b.file) || a.pos - b.pos;
}

const WRAP = 2 ** 32;

/**
 * The binlog header holds an event's end in 32 bits. The true end is the value congruent to it that lies
 * nearest to where counting bytes says we are.
 */
export function unwrapPosition(low32: number, expected: number): number {
  const candidate = expected - (expected % WRAP) + low32;
  if (candidate - expected > WRAP / 2) return candidate - WRAP;
  if (expected - candidate > WRAP / 2) return candidate + WRAP;
  return candidate;
}
