import {
  type KeyboardEvent,
  type PointerEvent,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';

import { useZone } from '../../format/zone.ts';
import { useShortcuts } from '../../keyboard/shortcuts.ts';
import { GridMap } from './GridMap.tsx';
import { GridNames } from './GridNames.tsx';
import { clamp, findFailure, NAMES, reveal, STEPS } from './grid-navigation.ts';
import { type CellAt, HEAD, paintGrid, PITCH, ROW } from './grid-paint.ts';
import type { GridSheet } from './grid-rows.ts';
import { describeCell, toLabels } from './grid-words.ts';
import styles from './Grid.module.css';
import { useGridColors } from './use-grid-colors.ts';
import { useGridWindow } from './use-grid-window.ts';

const MOST_HEIGHT = 660;

interface Props {
  readonly sheet: GridSheet;
  readonly selected: CellAt | null;
  readonly onSelect: (cell: CellAt) => void;
  readonly onToggle: (group: string) => void;
  /** The left edge came into view. */
  readonly onOldest: () => void;
}

/** Runs × tasks on a canvas that holds the visible window only; the chosen cell is told in words. */
export function Grid({ sheet, selected, onSelect, onToggle, onOldest }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = useGridColors();
  const zone = useZone();
  const [hover, setHover] = useState<CellAt | null>(null);
  const [view, measure] = useGridWindow(scroller, sheet, onOldest);
  const sheetWidth = sheet.count * PITCH;
  const height = Math.min(MOST_HEIGHT, HEAD + sheet.rows.length * ROW + 14);
  const labelOf = useMemo(() => toLabels(sheet, zone), [sheet, zone]);

  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (element == null || context == null || view.width === 0) return;
    const ratio = devicePixelRatio;
    element.width = Math.round(view.width * ratio);
    element.height = Math.round(view.height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paintGrid(context, { sheet, colors, window: view, hover, selected, labelOf });
  }, [sheet, colors, view, hover, selected, labelOf]);

  const cellAt = (event: Pick<PointerEvent, 'clientX' | 'clientY'>): CellAt | null => {
    const box = canvas.current?.getBoundingClientRect();
    if (box === undefined) return null;
    const column = Math.floor((event.clientX - box.left + view.left) / PITCH);
    const row = Math.floor((event.clientY - box.top - HEAD + view.top) / ROW);
    const isHead = event.clientY - box.top < HEAD;
    const isInside = column >= 0 && column < sheet.count && row < sheet.rows.length;
    return isInside ? { column, row: isHead ? 0 : Math.max(0, row) } : null;
  };
  const move = (rows: number, columns: number) => {
    const from = selected ?? { row: 0, column: sheet.count };
    const row = clamp(from.row + rows, sheet.rows.length);
    const column = clamp(from.column + columns, sheet.count);
    onSelect({ row, column });
    reveal(scroller.current, { row, column });
  };
  const nextFailure = (by: number) => {
    const found = findFailure(sheet, selected, by);
    if (found === null) return;
    onSelect(found);
    reveal(scroller.current, found);
  };
  useShortcuts('Grid', [
    { keys: 'n', label: 'Next failure', run: () => nextFailure(-1) },
    { keys: 'shift+n', label: 'Failure before', run: () => nextFailure(1) },
  ]);
  const onKey = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const far = event.ctrlKey || event.metaKey ? 1_000_000 : 1;
    move(step[0] * far, step[1] * (event.key === 'Home' || event.key === 'End' ? 1 : far));
  };
  const active = selected ?? hover;
  return (
    <>
      <GridMap
        sheet={sheet}
        colors={colors}
        view={view}
        names={NAMES}
        onMove={(left) => scroller.current?.scrollTo({ left })}
      />
      <div
        ref={scroller}
        className={styles.scroller}
        style={{ height }}
        role="application"
        tabIndex={0}
        aria-label="Runs by task; arrow keys move, the newest run is at the right"
        onScroll={measure}
        onKeyDown={onKey}
      >
        <div
          className={styles.sheet}
          style={{
            width: NAMES + sheetWidth,
            height: HEAD + sheet.rows.length * ROW,
            gridTemplateColumns: `${NAMES}px 1fr`,
          }}
          role="presentation"
        >
          <GridNames
            sheet={sheet}
            view={view}
            active={active?.row ?? null}
            onToggle={onToggle}
            onSelect={(row) => onSelect({ row, column: selected?.column ?? sheet.count - 1 })}
          />
          <canvas
            ref={canvas}
            className={styles.canvas}
            style={{ left: NAMES, width: view.width, height: view.height }}
            role="presentation"
            onPointerMove={(event) => setHover(cellAt(event))}
            onPointerLeave={() => setHover(null)}
            onClick={(event) => {
              const cell = cellAt(event);
              if (cell !== null) onSelect(cell);
            }}
          />
        </div>
      </div>
      <p className="srOnly" role="status">
        {selected === null ? '' : describeCell(sheet, selected, zone)}
      </p>
      <p className={styles.reading} aria-hidden="true">
        {active === null
          ? 'Point at a cell, or move with the arrow keys.'
          : describeCell(sheet, active, zone)}
      </p>
    </>
  );
}
