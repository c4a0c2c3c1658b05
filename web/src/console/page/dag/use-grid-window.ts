import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

import { NAMES } from './grid-navigation.ts';
import { type GridWindow, PITCH } from './grid-paint.ts';
import type { GridSheet } from './grid-rows.ts';

/** The part of the sheet in view, kept while it is scrolled, resized, or runs are added. */
export function useGridWindow(
  scroller: RefObject<HTMLDivElement | null>,
  sheet: GridSheet,
  onOldest: () => void,
): readonly [GridWindow, () => void] {
  const [view, setView] = useState<GridWindow>({ left: 0, top: 0, width: 0, height: 0 });
  const measure = useCallback(() => {
    const box = scroller.current;
    if (box === null) return;
    const next = {
      left: box.scrollLeft,
      top: box.scrollTop,
      width: Math.max(0, box.clientWidth - NAMES),
      height: box.clientHeight,
    };
    setView((old) => (isSame(old, next) ? old : next));
    if (next.left < PITCH * 4 && box.scrollWidth > box.clientWidth) onOldest();
  }, [scroller, onOldest]);
  useScrollToNewest(scroller, sheet, measure);
  return [view, measure];
}

function isSame(a: GridWindow, b: GridWindow): boolean {
  return a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height;
}

/** The newest run shows first, and stays where it is when older ones are loaded on the left. */
function useScrollToNewest(
  scroller: RefObject<HTMLDivElement | null>,
  sheet: GridSheet,
  measure: () => void,
): void {
  const newest = sheet.runs.id[0];
  const before = useRef({ newest: '', count: 0 });
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const { count, newest: old } = before.current;
    if (count === 0) box.scrollLeft = box.scrollWidth;
    else if (old === newest) box.scrollLeft += (sheet.count - count) * PITCH;
    else if (box.scrollLeft + box.clientWidth > box.scrollWidth - PITCH * 4)
      box.scrollLeft = box.scrollWidth;
    before.current = { newest: newest ?? '', count: sheet.count };
    measure();
  }, [scroller, sheet.count, newest, measure]);
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => observer.disconnect();
  }, [scroller, measure]);
}
