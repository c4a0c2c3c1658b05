/** When each change was committed and when it became readable, by its number. */
export interface Visibility {
  readonly committedAt: readonly number[];
  readonly visibleAt: readonly number[];
}

/** Milliseconds from commit to readable of the changes from `first` on; NaN for one never seen. */
export function latenciesOf({ committedAt, visibleAt }: Visibility, first: number): number[] {
  return committedAt.slice(first).map((at, place) => (visibleAt[first + place] ?? NaN) - at);
}

/** At each moment a load was seen to commit: how many committed changes were not readable by then. */
export function waitingAtLoads(seen: Visibility, first: number): number[] {
  const committed = seen.committedAt.toSorted((a, b) => a - b);
  const visible = seen.visibleAt.toSorted((a, b) => a - b);
  const fromMs = seen.visibleAt[first] ?? Infinity;
  const loads = [...new Set(visible)].filter((at) => at >= fromMs);
  return loads.map((at) => countUpTo(committed, at) - countUpTo(visible, at));
}

/** How many of the ascending times are not after `at`. */
function countUpTo(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
