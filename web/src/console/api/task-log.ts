import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import type { LogMessage, TaskLogResponse } from '../../contract/task-instances.ts';
import { query, type TaskAddress, taskPath } from './addresses.ts';
import { callApi } from './call-api.ts';

const FOLLOW_EVERY_MS = 1_000;
/**
 * Lines come after the end of their try too: a worker sends them on calls of its own, and hears of a try that
 * somebody stopped with its next heartbeat.
 */
const LATE_LINES_MS = 20_000;
/** Lines held in the browser; the download has all of them. */
export const MOST_LINES = 200_000;

export interface TaskLog {
  readonly lines: readonly LogMessage[];
  /** Read to its present end at least once. */
  readonly isRead: boolean;
  readonly error: Error | null;
}

/** Where the lines of a try are. */
export function logAddress(task: TaskAddress, tryNumber: number): string {
  return `${taskPath(task)}/logs/${tryNumber}`;
}

/**
 * The lines of a try, page after page; until it is over, and its late lines too, its end is asked for once a
 * second. Every page is kept, so that nothing is read twice. `endedAt`: milliseconds since the epoch.
 */
export function useTaskLog(
  address: TaskAddress,
  tryNumber: number,
  endedAt: number | null,
): TaskLog {
  const url = logAddress(address, tryNumber);
  const [log, setLog] = useState<{
    url: string;
    lines: readonly LogMessage[];
    token: string;
    isOver: boolean;
  }>();
  const isCurrent = log?.url === url;
  const token = isCurrent ? log.token : '';
  const isOver = isCurrent && log.isOver;
  const isFull = isCurrent && log.lines.length >= MOST_LINES;
  const page = useQuery({
    queryKey: ['log', url, token],
    queryFn: ({ signal }) =>
      callApi<TaskLogResponse>(`${url}${query({ token: token === '' ? undefined : token })}`, {
        signal,
      }),
    enabled: !isFull && (!isOver || mayStillCome(endedAt)),
    gcTime: 0,
    refetchInterval: FOLLOW_EVERY_MS,
  });
  useEffect(() => {
    if (page.data === undefined) return;
    const { content, continuation_token: next } = page.data;
    if (isCurrent && content.length === 0 && isOver === (next === null)) return;
    // Without a next place it is over, and nothing was behind the last one.
    setLog((old) => {
      const known = old?.url === url ? old : { lines: [], token: '' };
      const lines = [...known.lines, ...content];
      return { url, lines, token: next ?? known.token, isOver: next === null };
    });
  }, [page.data, page.dataUpdatedAt, url, isCurrent, isOver]);
  return { lines: isCurrent ? log.lines : [], isRead: isCurrent, error: page.error };
}

function mayStillCome(endedAt: number | null): boolean {
  return endedAt !== null && Date.now() - endedAt < LATE_LINES_MS;
}
