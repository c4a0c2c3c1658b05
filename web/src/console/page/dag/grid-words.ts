import { formatMs } from '../../format/duration.ts';
import { formatDay, formatMinute, formatMoment, type Zone } from '../../format/time.ts';
import { wordOfCode, type CellAt } from './grid-paint.ts';
import type { GridSheet } from './grid-rows.ts';

/** What stands above a column: the day, or the time where all lie within a few days. */
export function toLabels(
  { runs, count }: GridSheet,
  zone: Zone,
): (column: number) => string | null {
  const first = runs.run_after[count - 1] ?? 0;
  const last = runs.run_after[0] ?? 0;
  const isDaily = last - first > 3 * 86_400_000;
  return (column) => {
    if (column % 7 !== 0) return null;
    const at = runs.run_after[count - 1 - column];
    if (at === undefined) return null;
    return isDaily ? formatDay(at, zone) : formatMinute(at, zone);
  };
}

/** A cell in words, as it is read out. */
export function describeCell(sheet: GridSheet, { row, column }: CellAt, zone: Zone): string {
  const line = sheet.rows[row];
  const index = sheet.count - 1 - column;
  const at = sheet.runs.run_after[index];
  if (line === undefined || at === undefined) return '';
  const [from, to] = [sheet.runs.start[index] ?? null, sheet.runs.end[index] ?? null];
  const took = from === null || to === null ? '' : `, run took ${formatMs(to - from)}`;
  const retried = sheet.wasRetried(line, column) ? ', more than one try' : '';
  return `${line.taskId ?? `group ${line.label}`}: ${wordOfCode(sheet.stateOf(line, column))}${retried} · run of ${formatMoment(at, Date.now(), zone)}${took}, v${sheet.runs.version[index]}`;
}
