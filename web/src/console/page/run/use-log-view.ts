import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';

import type { TaskLog } from '../../api/task-log.ts';
import { useShortcuts } from '../../keyboard/shortcuts.ts';
import { countLevels, filterLines, findLines, type Level } from './log-filter.ts';

const LINE = 19;

interface Asked {
  readonly q: string;
  readonly level: Level | undefined;
  readonly isLive: boolean;
}

/** The lines that show, where the hits are, and whether the end is followed. */
export function useLogView(log: TaskLog, { q, level, isLive }: Asked) {
  const lines = useMemo(() => filterLines(log.lines, level), [log.lines, level]);
  const counts = useMemo(() => countLevels(log.lines), [log.lines]);
  const hits = useMemo(() => findLines(lines, q), [lines, q]);
  const [hit, setHit] = useState(0);
  const [isFollowing, setFollowing] = useState(isLive);
  const [isWrapped, setWrapped] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 20,
  });
  const jump = (by: number) => {
    const next = (hit + by + hits.length) % Math.max(1, hits.length);
    setHit(next);
    virtual.scrollToIndex(hits[next] ?? 0, { align: 'center' });
  };
  const toError = () => {
    const index = lines.findIndex(({ message }) => message.level === 'error');
    if (index >= 0) virtual.scrollToIndex(index, { align: 'center' });
  };
  useEffect(() => {
    if (isFollowing && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [isFollowing, lines.length, virtual]);
  useShortcuts('Logs', [
    { keys: 'f', label: 'Follow', run: () => setFollowing(!isFollowing) },
    { keys: 'z', label: 'Wrap', run: () => setWrapped(!isWrapped) },
    { keys: 'n', label: 'Next hit', run: () => jump(1) },
    { keys: 'e', label: 'Next error', run: toError },
  ]);
  return {
    lines,
    counts,
    hits,
    hit: Math.min(hit, Math.max(0, hits.length - 1)),
    jump,
    isFollowing,
    setFollowing,
    isWrapped,
    setWrapped,
    scroller,
    virtual,
  };
}

export type LogView = ReturnType<typeof useLogView>;
