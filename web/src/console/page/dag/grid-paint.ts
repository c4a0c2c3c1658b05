import { STATE_CODES, stateOfCode } from '../../../contract/ui-states.ts';
import type { GridSheet } from './grid-rows.ts';

export const PITCH = 11;
export const CELL = 10;
export const ROW = 20;
/** Run-time bars and their dates. */
export const HEAD = 64;
const BARS = 34;

export interface GridColors {
  readonly byCode: ReadonlyMap<string, string>;
  readonly text: string;
  readonly line: string;
  readonly surface: string;
  readonly selected: string;
  readonly accent: string;
}

export interface GridWindow {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface CellAt {
  readonly row: number;
  readonly column: number;
}

export interface Painting {
  readonly sheet: GridSheet;
  readonly colors: GridColors;
  readonly window: GridWindow;
  readonly hover: CellAt | null;
  readonly selected: CellAt | null;
  /** What stands above a column, where something does. */
  readonly labelOf: (column: number) => string | null;
}

type Context = CanvasRenderingContext2D;

/** Paints the window of the sheet that shows, and nothing else. */
export function paintGrid(context: Context, painting: Painting): void {
  const { window, sheet } = painting;
  context.clearRect(0, 0, window.width, window.height);
  const first = Math.max(0, Math.floor(window.left / PITCH));
  const last = Math.min(sheet.count - 1, Math.ceil((window.left + window.width) / PITCH));
  const top = Math.max(0, Math.floor(window.top / ROW));
  const bottom = Math.min(
    sheet.rows.length - 1,
    Math.ceil((window.top + window.height - HEAD) / ROW),
  );
  context.save();
  context.beginPath();
  context.rect(0, HEAD, window.width, window.height - HEAD);
  context.clip();
  paintCross(context, painting);
  for (let row = top; row <= bottom; row += 1) paintRow(context, painting, { row, first, last });
  paintVersions(context, painting, { first, last });
  paintSelection(context, painting);
  context.restore();
  paintHead(context, painting, { first, last });
}

/** Row and column of the hovered and of the selected cell. */
function paintCross(context: Context, { window, hover, selected, colors }: Painting): void {
  context.fillStyle = colors.selected;
  for (const cell of [selected, hover]) {
    if (cell === null) continue;
    context.fillRect(0, HEAD + cell.row * ROW - window.top, window.width, ROW);
    context.fillRect(cell.column * PITCH - window.left - 0.5, HEAD, PITCH, window.height);
  }
}

interface Span {
  readonly first: number;
  readonly last: number;
}

function paintRow(
  context: Context,
  painting: Painting,
  { row, first, last }: Span & { readonly row: number },
): void {
  const { sheet, window, colors } = painting;
  const line = sheet.rows[row];
  if (line === undefined) return;
  const y = HEAD + row * ROW - window.top;
  const isGroup = line.taskId === null;
  for (let column = first; column <= last; column += 1) {
    const code = sheet.stateOf(line, column);
    const color = colors.byCode.get(code);
    if (color === undefined) continue;
    const x = column * PITCH - window.left;
    context.fillStyle = color;
    paintCell(context, {
      x,
      y,
      code,
      isGroup,
      wasRetried: sheet.wasRetried(line, column),
      surface: colors.surface,
    });
  }
}

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly code: string;
  readonly isGroup: boolean;
  readonly wasRetried: boolean;
  readonly surface: string;
}

/** Success is low, skipped a line, no state a dot; trouble is full height with a mark cut out of it. */
function paintCell(context: Context, cell: Cell): void {
  const { x, y, code, isGroup, wasRetried } = cell;
  const isFine = code === STATE_CODES.success || code === STATE_CODES.skipped;
  if (isGroup && isFine) context.fillRect(x, y + 8.5, CELL, 3);
  else if (code === STATE_CODES.skipped) context.fillRect(x, y + 9, CELL, 2);
  else if (code === STATE_CODES.none) context.fillRect(x + 4, y + 9, 2, 2);
  else if (code === STATE_CODES.success && !wasRetried)
    fillRound(context, x, { y: y + 6, height: 8 });
  else paintTall(context, cell);
}

function paintTall(context: Context, { x, y, code, surface }: Cell): void {
  fillRound(context, x, { y: y + 2, height: 16 });
  const mark = MARKS[code] ?? (code === STATE_CODES.success ? MARKS['loop'] : undefined);
  if (mark === undefined) return;
  context.strokeStyle = surface;
  context.lineWidth = 1.4;
  context.lineCap = 'round';
  context.beginPath();
  mark(context, x + CELL / 2, y + ROW / 2);
  context.stroke();
}

function fillRound(
  context: Context,
  x: number,
  { y, height }: { readonly y: number; readonly height: number },
): void {
  context.beginPath();
  context.roundRect(x, y, CELL, height, 1.5);
  context.fill();
}

type Mark = (context: Context, x: number, y: number) => void;

const MARKS: Readonly<Record<string, Mark>> = {
  [STATE_CODES.failed]: (context, x, y) => {
    context.moveTo(x - 2, y - 2);
    context.lineTo(x + 2, y + 2);
    context.moveTo(x + 2, y - 2);
    context.lineTo(x - 2, y + 2);
  },
  [STATE_CODES.upstream_failed]: (context, x, y) => {
    context.moveTo(x - 2.2, y + 1);
    context.lineTo(x, y - 1.2);
    context.lineTo(x + 2.2, y + 1);
  },
  [STATE_CODES.up_for_retry]: loop,
  loop,
  [STATE_CODES.running]: (context, x, y) => {
    context.moveTo(x - 1.2, y - 2);
    context.lineTo(x + 1.8, y);
    context.lineTo(x - 1.2, y + 2);
  },
};

function loop(context: Context, x: number, y: number): void {
  context.arc(x, y, 2.1, -0.4, Math.PI * 1.4);
}

function paintVersions(
  context: Context,
  { sheet, window, colors }: Painting,
  { first, last }: Span,
): void {
  const { version } = sheet.runs;
  context.strokeStyle = colors.accent;
  context.setLineDash([2, 3]);
  context.lineWidth = 1;
  for (let column = Math.max(1, first); column <= last; column += 1) {
    const index = sheet.count - 1 - column;
    if (version[index] === version[index + 1]) continue;
    const x = Math.round(column * PITCH - window.left) - 0.5;
    context.beginPath();
    context.moveTo(x, HEAD);
    context.lineTo(x, window.height);
    context.stroke();
  }
  context.setLineDash([]);
}

function paintSelection(context: Context, { selected, window, colors }: Painting): void {
  if (selected === null) return;
  context.strokeStyle = colors.accent;
  context.lineWidth = 2;
  const x = selected.column * PITCH - window.left;
  const y = HEAD + selected.row * ROW - window.top;
  context.beginPath();
  context.roundRect(x - 1.5, y + 0.5, CELL + 3, ROW - 1, 3);
  context.stroke();
}

/** How long each run took, with its date above where one begins. */
function paintHead(context: Context, painting: Painting, { first, last }: Span): void {
  const { sheet, window, colors, labelOf } = painting;
  const { start, end, state } = sheet.runs;
  const spanOf = (column: number) => {
    const index = sheet.count - 1 - column;
    const from = start[index] ?? null;
    return from === null ? 0 : (end[index] ?? Date.now()) - from;
  };
  const columns = Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, index) => first + index,
  );
  // A run that still goes on must not press all others flat.
  const isOver = (column: number) => (end[sheet.count - 1 - column] ?? null) !== null;
  const longest = Math.max(1, ...columns.filter(isOver).map(spanOf));
  context.font = '11px ' + FONT;
  context.textBaseline = 'middle';
  let free = -Infinity;
  for (const column of columns) {
    const x = column * PITCH - window.left;
    const height = Math.max(2, Math.min(1, spanOf(column) / longest) * BARS);
    context.fillStyle = colors.byCode.get(state[sheet.count - 1 - column] ?? '') ?? colors.line;
    context.fillRect(x, HEAD - 4 - height, CELL, height);
    const label = labelOf(column);
    if (label === null || x < free) continue;
    context.fillStyle = colors.text;
    context.fillText(label, x, 10);
    context.fillRect(x, 18, 1, 4);
    free = x + context.measureText(label).width + 14;
  }
  context.fillStyle = colors.line;
  context.fillRect(0, HEAD - 3, window.width, 1);
}

const FONT = "-apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif";

/** The state a code paints, for words. */
export function wordOfCode(code: string): string {
  const state = stateOfCode(code);
  if (state === undefined) return 'not in this version';
  return state === 'none' ? 'no state' : state.replaceAll('_', ' ');
}
