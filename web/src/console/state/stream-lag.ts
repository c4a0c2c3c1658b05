import type { StreamResponse } from '../../contract/streams.ts';

/** A stream further behind than this needs somebody. */
export const BEHIND_SECONDS = 60;

export function isBehind({ seconds_behind: seconds }: StreamResponse): boolean {
  return (seconds ?? 0) > BEHIND_SECONDS;
}

/** The streams that are behind, the furthest first. */
export function streamsBehind(streams: readonly StreamResponse[]): readonly StreamResponse[] {
  return streams
    .filter(isBehind)
    .toSorted((a, b) => (b.seconds_behind ?? 0) - (a.seconds_behind ?? 0));
}

/** `The stream keeps up`, `All 4 streams keep up`. */
export function sayKeepUp(count: number): string {
  return count === 1 ? 'The stream keeps up' : `All ${count} streams keep up`;
}
