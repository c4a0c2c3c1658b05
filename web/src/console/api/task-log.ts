import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import type { LogMessage, TaskLogResponse } from '../../contract/task-instances.ts';
import { query, type TaskAddress, taskPath } from './addresses.ts';
import { callApi } from './call-api.ts';

const FOLLOW_EVERY_MS = 1_000;
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
 * The lines of a try, page after page; until the server says that it ended its end is asked for once a second.
 * Every page is kept, so that nothing is read twice.
 */
export function useTaskLog(address: TaskAddress, tryNumber: number): TaskLog {
  const url = logAddress(address, tryNumber);
  const [log, setLog] = useState<{
    url: string;
    lines: readonly LogMessage[];
    token: string | null;
  }>();
  const isCurrent = log?.url === url;
  const token = isCurrent ? log.token : '';
  const isFull = isCurrent && log.lines.length >= MOST_LINES;
  const page = useQuery({
    queryKey: ['log', url, token],
    queryFn: ({ signal }) =>
      callApi<TaskLogResponse>(`${url}${query({ token: token ?? undefined })}`, { signal }),
    enabled: token !== null && !isFull,
    gcTime: 0,
    refetchInterval: FOLLOW_EVERY_MS,
  });
  useEffect(() => {
    if (page.data === undefined) return;
    const { content, continuation_token: next } = page.data;
    if (content.length === 0 && next !== null && isCurrent) return;
    setLog((old) => ({
      url,
      lines: old?.url === url ? [...old.lines, ...content] : content,
      token: next,
    }));
  }, [page.data, page.dataUpdatedAt, url, isCurrent]);
  return { lines: isCurrent ? log.lines : [], isRead: isCurrent, error: page.error };
}
