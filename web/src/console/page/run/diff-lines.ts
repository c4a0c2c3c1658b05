/** One line that only one of two texts has, by its index there. */
export interface LineChange {
  readonly kind: 'removed' | 'added';
  readonly index: number;
}

/** Above so many comparisons lines are only looked up, not aligned. */
const MOST_CELLS = 4_000_000;

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
  const head = countSame(a, b, (index) => [index, index]);
  const rest = Math.min(a.length, b.length) - head;
  const tail = Math.min(
    rest,
    countSame(a, b, (index) => [a.length - 1 - index, b.length - 1 - index]),
  );
  const middle = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)] as const;
  const isLong = middle[0].length * middle[1].length > MOST_CELLS;
  const changes = isLong ? lookUp(...middle) : align(...middle);
  return changes.map(({ kind, index }) => ({ kind, index: index + head }));
}

function countSame(
  a: readonly string[],
  b: readonly string[],
  at: (index: number) => readonly [number, number],
): number {
  let count = 0;
  const most = Math.min(a.length, b.length);
  for (; count < most; count += 1) {
    const [left, right] = at(count);
    if (a[left] !== b[right]) break;
  }
  return count;
}

/** By the longest common subsequence; `lengths[i][j]` is that of what follows line i and line j. */
function align(a: readonly string[], b: readonly string[]): LineChange[] {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const isSame = i < a.length && j < b.length && a[i] === b[j];
    if (isSame) [i, j] = [i + 1, j + 1];
    else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      changes.push({ kind: 'removed', index: i });
      i += 1;
    } else {
      changes.push({ kind: 'added', index: j });
      j += 1;
    }
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
