import { diffArrays } from 'diff';

/** One line that only one of two texts has, by its index there. */
export interface LineChange {
  readonly kind: 'removed' | 'added';
  readonly index: number;
}

/** Texts that differ in more lines are not aligned: lines are only looked up. */
const MOST_CHANGES = 500;

/** What differs from one log to another though nothing happened: instants, spans, random ids. */
const VOLATILE: readonly RegExp[] = [
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g,
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi,
  /\b\d+(?:\.\d+)? ?(?:ms|s|m|h)\b/g,
  /\b(?:process|pid|try) \d+/g,
];

/** A line without what differs every time; counts and names stay. */
export function maskLine(line: string): string {
  return VOLATILE.reduce((text, pattern) => text.replace(pattern, '·'), line);
}

/** The lines only one of two texts has, in reading order: at each place what is gone, then what came. */
export function diffLines(before: readonly string[], after: readonly string[]): LineChange[] {
  const [a, b] = [before.map(maskLine), after.map(maskLine)];
  const parts = diffArrays(a, b, { maxEditLength: MOST_CHANGES });
  if (parts === undefined) return lookUp(a, b);
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  for (const { count, added, removed } of parts) {
    for (let line = 0; line < count; line += 1) {
      if (removed) changes.push({ kind: 'removed', index: i + line });
      else if (added) changes.push({ kind: 'added', index: j + line });
    }
    if (!added) i += count;
    if (!removed) j += count;
  }
  return changes;
}

/** For long logs: lines that the other one has nowhere. */
function lookUp(a: readonly string[], b: readonly string[]): LineChange[] {
  const [inA, inB] = [new Set(a), new Set(b)];
  const only = (lines: readonly string[], other: ReadonlySet<string>, kind: LineChange['kind']) =>
    lines.flatMap((line, index) => (other.has(line) ? [] : [{ kind, index }]));
  return [...only(a, inB, 'removed'), ...only(b, inA, 'added')];
}
