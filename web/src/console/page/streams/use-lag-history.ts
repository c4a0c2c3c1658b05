import { useEffect, useState } from 'react';

import type { StreamResponse } from '../../../contract/streams.ts';

export interface LagPoint {
  readonly atMs: number;
  readonly seconds: number | null;
  readonly records: number;
}

const KEPT_MS = 15 * 60_000;
const histories = new Map<string, readonly LagPoint[]>();

/** What was seen of a stream's lag since this tab was opened, a quarter of an hour at most. */
export function useLagHistory(stream: StreamResponse, seenMs: number): readonly LagPoint[] {
  const key = `${stream.dag_id} ${stream.topic}`;
  const [points, setPoints] = useState(() => histories.get(key) ?? []);
  useEffect(() => {
    const old = histories.get(key) ?? [];
    if (old.at(-1)?.atMs === seenMs) return;
    const point = { atMs: seenMs, seconds: stream.seconds_behind, records: stream.records_behind };
    const next = [...old.filter(({ atMs }) => atMs > seenMs - KEPT_MS), point];
    histories.set(key, next);
    setPoints(next);
  }, [key, seenMs, stream.seconds_behind, stream.records_behind]);
  return points;
}
