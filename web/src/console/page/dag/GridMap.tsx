import { type PointerEvent, useLayoutEffect, useRef } from 'react';

import { STATE_CODES } from '../../../contract/ui-states.ts';
import { formatDay, formatMoment } from '../../format/time.ts';
import { formatOf } from '../../format/number.ts';
import { useZone } from '../../format/zone.ts';
import { type GridColors, type GridWindow, PITCH } from './grid-paint.ts';
import type { GridSheet } from './grid-rows.ts';
import styles from './Grid.module.css';

const HEIGHT = 52;

interface Props {
  readonly sheet: GridSheet;
  readonly colors: GridColors;
  readonly view: GridWindow;
  /** Width of the names below, to stand on the same edge. */
  readonly names: number;
  readonly onMove: (left: number) => void;
}

/** All runs at once, with a brush over those that show below. Success is the sea here, not the news. */
export function GridMap({ sheet, colors, view, names, onMove }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const zone = useZone();
  const total = sheet.count * PITCH;
  const isNeeded = total > view.width && view.width > 0;
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (element == null || context == null || !isNeeded) return;
    element.width = sheet.count;
    element.height = sheet.rows.length;
    paintMap(context, sheet, colors);
  }, [sheet, colors, isNeeded]);
  if (!isNeeded) return null;
  const { runs, count } = sheet;
  const now = Date.now();
  const seek = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons === 0 && event.type === 'pointermove') return;
    const box = event.currentTarget.getBoundingClientRect();
    onMove(((event.clientX - box.left) / box.width) * total - view.width / 2);
  };
  return (
    <div
      className={styles.map}
      style={{ gridTemplateColumns: `${names}px minmax(0, 1fr)` }}
      aria-hidden="true"
    >
      <div className={styles.mapText}>
        <b>{formatOf(count, 'run')}</b>
        <span>
          {formatDay(runs.run_after[count - 1] ?? 0, zone)} –{' '}
          {formatMoment(runs.run_after[0] ?? 0, now, zone)}
        </span>
        <span>shown: {Math.min(count, Math.round(view.width / PITCH))}</span>
      </div>
      <div className={styles.mapArea} onPointerDown={seek} onPointerMove={seek}>
        <canvas ref={canvas} style={{ height: HEIGHT }} />
        <i
          style={{ left: `${(view.left / total) * 100}%`, width: `${(view.width / total) * 100}%` }}
        />
      </div>
    </div>
  );
}

/** One pixel a cell; the browser scales it. */
function paintMap(context: CanvasRenderingContext2D, sheet: GridSheet, colors: GridColors): void {
  for (const [row, line] of sheet.rows.entries()) {
    for (let column = 0; column < sheet.count; column += 1) {
      const code = sheet.stateOf(line, column);
      const color = colors.byCode.get(code);
      if (color === undefined || code === STATE_CODES.none) continue;
      context.globalAlpha =
        code === STATE_CODES.success ? 0.42 : code === STATE_CODES.skipped ? 0.3 : 1;
      context.fillStyle = color;
      context.fillRect(column, row, 1, 1);
    }
  }
  context.globalAlpha = 1;
}
