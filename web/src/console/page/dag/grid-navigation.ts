import { HEAD, PITCH, ROW, type CellAt } from './grid-paint.ts';
import type { GridSheet } from './grid-rows.ts';

/** Width of the names beside the canvas. */
export const NAMES = 208;

/** Rows and columns a key moves by. */
export const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  Home: [0, -1_000_000],
  End: [0, 1_000_000],
};

/** Scrolls as little as shows a cell. */
export function reveal(box: HTMLDivElement | null, { row, column }: CellAt): void {
  if (box === null) return;
  const [x, y] = [column * PITCH, row * ROW];
  const width = box.clientWidth - NAMES;
  if (x < box.scrollLeft + 20) box.scrollLeft = x - 40;
  if (x > box.scrollLeft + width - 30) box.scrollLeft = x - width + 60;
  if (y < box.scrollTop) box.scrollTop = y;
  if (y > box.scrollTop + box.clientHeight - HEAD - ROW)
    box.scrollTop = y - box.clientHeight + HEAD + ROW * 2;
}

export function clamp(value: number, count: number): number {
  return Math.max(0, Math.min(count - 1, value));
}

/** The nearest failed task in another run, going back in time (`by` -1) or forth. */
export function findFailure(sheet: GridSheet, from: CellAt | null, by: number): CellAt | null {
  const tasks = sheet.rows
    .map((row, index) => ({ row, index }))
    .filter(({ row }) => row.taskId !== null);
  for (
    let column = (from?.column ?? sheet.count) + by;
    column >= 0 && column < sheet.count;
    column += by
  ) {
    const found = tasks.find(({ row }) => sheet.stateOf(row, column) === 'f');
    if (found !== undefined) return { row: found.index, column };
  }
  return null;
}
